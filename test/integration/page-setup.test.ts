import { describe, expect, it } from "vitest";
import { helpAbout } from "../../src/lib/project.ts";
import { hasChromium } from "../support/browser.ts";
import { openBench, stillCar } from "../support/e2e-bench.ts";
import { link, PageFixture } from "../support/page-fixture.ts";
import { startProgram } from "../support/program.ts";

const APPLICATION = "11111111-2222-4333-8444-555555555555";

describe.skipIf(!hasChromium())("setting the bridge up on the page", () => {
  const pages = new PageFixture();

  it("turns green link by link while a beginner sets the bridge up", async () => {
    const pieces = await openBench({
      broker: "aedes",
      cars: [stillCar("a")],
      simulator: { applicationId: APPLICATION },
      webhook: false,
    });
    pages.later(() => pieces.close());
    const { simulator } = pieces;
    simulator.patchCar("vehicle-a", { connect: false });
    const env = { ...pieces.environment, SMARTCAR_APPLICATION_ID: APPLICATION };

    // The application id in the client id's box, no management token, no public address.
    const wrong = await startProgram({
      env: { ...env, SMARTCAR_CLIENT_ID: APPLICATION, SMARTCAR_MANAGEMENT_TOKEN: "" },
      dataDir: pieces.dataDir,
    });
    pages.later(() => wrong.close());
    const { page, errors } = await pages.open(wrong.privateUrl);
    await page.getByRole("heading", { level: 1, name: "Set-up" }).waitFor();
    await link(page, "token", "failed").waitFor();
    const credentials = link(page, "credentials", "failed");
    await credentials.getByText("looks like the application id").waitFor();
    await credentials.getByText("V3 client ids begin with client_").waitFor();
    const more = credentials.getByRole("link", { name: "More on: credentials" });
    expect(await more.getAttribute("href")).toBe(helpAbout("link", "credentials"));
    await link(page, "webhook key", "failed").getByText("Set smartcar.management_token").waitFor();
    await page.getByText("Which value belongs where?").click();
    await page.getByLabel("Value").fill("client_simulator");
    await page.getByText("it belongs in client_id").waitFor();
    await page.getByRole("button", { name: "Add" }).click();
    expect(await page.getByRole("textbox", { name: "For .env" }).first().inputValue()).toBe(
      "SMARTCAR_CLIENT_ID=client_simulator",
    );

    // The configuration is mended and the bridge started again; the open page goes on by itself.
    await wrong.close();
    const ports = { private: Number(new URL(wrong.privateUrl).port), public: Number(new URL(wrong.publicUrl).port) };
    const program = await startProgram({
      env: { ...env, HTTP_PUBLIC_URL: wrong.publicUrl },
      dataDir: pieces.dataDir,
      ports,
    });
    pages.later(() => program.close());
    await link(page, "connections", "failed").waitFor();
    await link(page, "webhook", "failed").waitFor();
    expect(await page.locator("[data-step='Smartcar application']").getAttribute("data-status")).toBe("ok");

    // Connect, as the car's owner.
    await page.getByLabel("Country").selectOption("DE");
    await page.getByRole("button", { name: "Connect a car" }).click();
    await page.getByRole("img", { name: "QR code" }).waitFor();
    const [owner] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Open Smartcar Connect" }).click(),
    ]);
    await owner.getByRole("link", { name: /TEST/ }).first().click();
    await owner.getByRole("heading", { name: "Your car is connected" }).waitFor();
    await owner.getByText("Test a").waitFor();
    await link(page, "connections", "ok").or(page.locator("[data-step='Your car'][data-status=ok]")).waitFor();

    // The webhook, as made in the dashboard: verified, subscribed by the bridge, delivering.
    expect(await page.getByRole("textbox", { name: "Callback URI of the webhook" }).inputValue()).toBe(
      program.webhookUrl,
    );
    await simulator.setWebhook({ callbackUrl: program.webhookUrl });
    await page.getByRole("button", { name: "Look again" }).click();
    await page.locator("[data-step=Data][data-status=ok]").waitFor();
    await page.locator("[data-step=Home][data-status=ok]").waitFor();
    await page.getByText("Nothing is broken").waitFor();
    expect(errors).toEqual([]);
  }, 60_000);
});

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { helpAbout } from "../../src/lib/project.ts";
import { accessibilityFaults, hasChromium } from "../support/browser.ts";
import { openBench, stillCar } from "../support/e2e-bench.ts";
import { freePort } from "../support/free-port.ts";
import { link, PageFixture } from "../support/page-fixture.ts";
import { type Program, startProgram } from "../support/program.ts";

const APPLICATION = "11111111-2222-4333-8444-555555555555";
const CREDENTIALS = ["SMARTCAR_CLIENT_ID", "SMARTCAR_CLIENT_SECRET"] as const;

const step = (page: Page, title: string, status: string) =>
  page.locator(`[data-step="${title}"][data-status="${status}"]`);

/** What the page shows to be pasted into `.env`. */
async function shownLines(page: Page): Promise<Record<string, string>> {
  const text = await page.getByRole("textbox", { name: "For .env" }).inputValue();
  return Object.fromEntries(text.split("\n").map((line) => line.split(/=(.*)/, 2)));
}

describe.skipIf(!hasChromium())("setting the bridge up on the page", () => {
  const pages = new PageFixture();

  it("begins with an empty configuration, and turns green step by step over restarts", async () => {
    const pieces = await openBench({
      broker: "aedes",
      cars: [stillCar("a")],
      simulator: { applicationId: APPLICATION },
      webhook: false,
    });
    pages.later(() => pieces.close());
    const { simulator, environment, dataDir } = pieces;
    simulator.patchCar("vehicle-a", { connect: false });

    const empty = await startProgram({ env: {}, dataDir, dontWait: true });
    expect(await empty.exit).toMatchObject({ code: 2 });
    expect(empty.output().trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^smartcar\.client_id: is missing, set it .* SMARTCAR_CLIENT_ID$/),
      expect.stringMatching(/^smartcar\.client_secret: is missing, set it .* SMARTCAR_CLIENT_SECRET$/),
    ]);

    // The two credentials, and nothing else but where the simulator is. There is no broker at its address.
    const simulated = Object.entries(environment).filter(([name]) => name.endsWith("_URL") || name === "MQTT_VERSION");
    let env: Record<string, string> = {
      ...Object.fromEntries(simulated),
      ...Object.fromEntries(CREDENTIALS.map((name) => [name, environment[name] ?? ""])),
      MQTT_URL: `mqtt://127.0.0.1:${await freePort()}`,
    };
    let program = await startProgram({ env, dataDir });
    pages.later(() => program.close());
    const ports = {
      private: Number(new URL(program.privateUrl).port),
      public: Number(new URL(program.publicUrl).port),
    };
    /** Puts what the page shows into the configuration and starts the bridge again; the open page goes on by itself. */
    const paste = async (page: Page): Promise<Program> => {
      env = { ...env, ...(await shownLines(page)) };
      await program.close();
      program = await startProgram({ env, dataDir, ports });
      return program;
    };

    const { page, errors } = await pages.open(program.privateUrl);
    const sent: string[] = [];
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await page.getByRole("heading", { level: 1, name: "Set-up" }).waitFor();
    await link(page, "token", "ok").waitFor();
    await step(page, "Smartcar application", "not_known").waitFor();
    const more = link(page, "connections", "failed").getByRole("link", { name: "More on: connections" });
    expect(await more.getAttribute("href")).toBe(helpAbout("link", "connections"));
    await link(page, "webhook key", "failed").getByText("Set smartcar.management_token").waitFor();
    await step(page, "Your car", "failed").getByText("Set smartcar.application_id").waitFor();

    // What Connect needs: the application's id and the way back, shown before anything is started again.
    const box = (key: string) => page.locator(`[data-box="${key}"]`);
    await box("smartcar.application_id").getByRole("textbox").fill("client_simulator");
    await box("smartcar.application_id").getByText("it belongs in client_id").waitFor();
    expect(await page.getByRole("textbox", { name: "For .env" }).count()).toBe(0);
    await box("smartcar.application_id").getByRole("textbox").fill(APPLICATION);
    await page.getByRole("textbox", { name: "http.public_url" }).fill(program.publicUrl);
    expect(await page.getByRole("textbox", { name: "Redirect URI of the application" }).inputValue()).toBe(
      `${program.publicUrl}/connect/callback`,
    );
    expect(await shownLines(page)).toEqual({
      SMARTCAR_APPLICATION_ID: APPLICATION,
      HTTP_PUBLIC_URL: program.publicUrl,
    });
    expect(await accessibilityFaults(page)).toEqual([]);
    await paste(page);

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
    await owner.close();
    await step(page, "Your car", "ok").waitFor();
    await step(page, "Webhook", "failed").waitFor();
    // The address to register is longer than a narrow phone is wide.
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(320);
    await page.setViewportSize({ width: 1280, height: 720 });
    expect(await page.getByRole("textbox", { name: "For .env" }).count()).toBe(0);

    // The management token. The car stays connected over the restart.
    await box("smartcar.management_token")
      .getByRole("textbox")
      .fill(environment["SMARTCAR_MANAGEMENT_TOKEN"] ?? "");
    await paste(page);
    await link(page, "webhook key", "ok").waitFor();
    await step(page, "Smartcar application", "ok").waitFor();
    await step(page, "Your car", "ok").waitFor();
    await link(page, "webhook", "failed").getByText("the application has no webhook").waitFor();
    await link(page, "verification", "not_known").waitFor();
    await step(page, "Public address", "not_known").waitFor();

    // The webhook, as made in the dashboard: verified, subscribed by the bridge, delivering.
    const callbackUrl = await page.getByRole("textbox", { name: "Callback URI of the webhook" }).inputValue();
    expect(callbackUrl).toBe(program.webhookUrl);
    await simulator.setWebhook({ callbackUrl });
    await page.getByRole("button", { name: "Look again" }).click();
    await step(page, "Webhook", "ok").waitFor();
    await step(page, "Public address", "ok").waitFor();
    await step(page, "Data", "ok").waitFor();

    // The broker, and with it Home Assistant.
    await link(page, "broker", "failed").getByText("Start the broker").waitFor();
    await page.getByRole("textbox", { name: "mqtt.url" }).fill(environment["MQTT_URL"] ?? "");
    await paste(page);
    await step(page, "Home", "ok").waitFor();
    // Signatures are judged by what has come since the start.
    simulator.setSignal("vehicle-a", "closure-islocked", { body: { value: true } });
    await page.getByText(/^Nothing is broken: (\d+) of \1 links hold\.$/).waitFor();
    // What was typed went nowhere.
    expect(await page.evaluate("localStorage.length + sessionStorage.length")).toBe(0);
    const typed = [APPLICATION, environment["SMARTCAR_MANAGEMENT_TOKEN"] ?? "", environment["MQTT_URL"] ?? ""];
    expect(sent.filter((request) => typed.some((value) => request.includes(value)))).toEqual([]);
    expect(sent.length).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  });

  it("looks again by itself when one comes back from the dashboard, and not at every glance", async () => {
    const { program } = await pages.ready({ webhook: false });
    const { page, requested } = await pages.open(`${program.privateUrl}/#/setup`);
    const looks = () => requested.filter((url) => url.endsWith("/api/check")).length;
    await link(page, "broker", "ok").waitFor();
    expect(looks()).toBe(0);
    const comeBack = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await Promise.all([page.waitForResponse(/\/api\/check$/), comeBack()]);
    await comeBack();
    await page.reload();
    expect(looks()).toBe(1);
  });

  it("says in which box a value belongs", async () => {
    const { program } = await pages.ready();
    const { page } = await pages.open(`${program.privateUrl}/#/setup`);
    await page.getByText("Which value belongs where?").click();
    await page.getByLabel("Value").fill("client_another");
    await page.getByText("it belongs in client_id").waitFor();
    await page.getByLabel("Value").fill("mqtts://broker.example.org");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    expect(await shownLines(page)).toEqual({ MQTT_URL: "mqtts://broker.example.org" });
  });
});

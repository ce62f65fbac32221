import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ensurePage } from "../../scripts/page.mjs";
import { accessibilityFaults, hasChromium, mountAt, openPage, startBrowser } from "../support/browser.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { startProgram } from "../support/program.ts";

const APPLICATION = "11111111-2222-4333-8444-555555555555";
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

const cleanups: (() => Promise<unknown>)[] = [];
let browser: Browser;

async function bench(options: Parameters<typeof startBench>[0] = {}): Promise<Bench> {
  const started = await startBench({ broker: "aedes", ...options });
  cleanups.push(() => started.close());
  return started;
}

async function open(url: string, options: Parameters<typeof openPage>[1] = {}) {
  const opened = await openPage(browser, options);
  cleanups.push(() => opened.page.context().close());
  await opened.page.goto(url);
  return opened;
}

const level = (page: Page, text: string) => page.locator("[data-testid=level]", { hasText: text }).first().waitFor();

describe.skipIf(!hasChromium())("the page", () => {
  beforeAll(async () => {
    await ensurePage();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });

  it("is small", () => {
    const folder = join(import.meta.dirname, "../../dist/page");
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { file: string }[];
    const bytes = manifest.map(({ file }) => readFileSync(join(folder, `${file}.gz`)).length);
    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(150 * 1024);
  });

  it("turns green link by link while a beginner sets the bridge up", async () => {
    const pieces = await openBench({
      broker: "aedes",
      cars: [stillCar("a")],
      simulator: { applicationId: APPLICATION },
      webhook: false,
    });
    cleanups.push(() => pieces.close());
    const { simulator } = pieces;
    simulator.patchCar("vehicle-a", { connect: false });
    const link = (page: Page, name: string, status: string) =>
      page.locator(`[data-link="${name}"][data-status="${status}"]`);
    const env = { ...pieces.environment, SMARTCAR_APPLICATION_ID: APPLICATION };

    // The application id in the client id's box, no management token, no public address.
    const wrong = await startProgram({
      env: { ...env, SMARTCAR_CLIENT_ID: APPLICATION, SMARTCAR_MANAGEMENT_TOKEN: "" },
      dataDir: pieces.dataDir,
    });
    cleanups.push(() => wrong.close());
    const { page, errors } = await open(wrong.privateUrl);
    await page.getByRole("heading", { level: 1, name: "Set-up" }).waitFor();
    await link(page, "token", "failed").waitFor();
    const credentials = link(page, "credentials", "failed");
    await credentials.getByText("looks like the application id").waitFor();
    await credentials.getByText("V3 client ids begin with client_").waitFor();
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
    cleanups.push(() => program.close());
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

  it("shows a car's battery rise while one looks on, and asks nobody but the bridge", async () => {
    const { program, simulator } = await ready();
    const { page, requested, errors } = await open(program.privateUrl);
    await page.getByRole("heading", { level: 1, name: "Cars" }).waitFor();
    await level(page, "50");
    simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body: { value: 63, unit: "percent" } });
    await level(page, "63");
    await page.getByRole("link", { name: "Test a" }).click();
    await page.locator("[data-reading=battery]", { hasText: "63" }).waitFor();
    await page.locator("[data-reading=battery]", { hasText: "webhook" }).waitFor();
    expect(requested.filter((url) => !url.startsWith(`${program.privateUrl}/`))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("gives commands, asks before the dangerous ones, and follows them to their confirmation", async () => {
    const { program, requests } = await ready({ env: { COMMANDS_ALLOW: "lock,unlock,charge_limit" } });
    const { page, errors } = await open(`${program.privateUrl}/#/cars/test-a`);
    await page.getByRole("button", { name: "Lock", exact: true }).click();
    const progress = page.getByTestId("progress");
    await progress.getByText("succeeded").waitFor();
    await progress.getByText("and the car shows it").waitFor();
    expect(requests("security/lock")).toBe(1);

    await page.getByRole("button", { name: "Unlock", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("stand unlocked").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(requests("security/unlock")).toBe(0);
    await page.getByRole("button", { name: "Unlock", exact: true }).click();
    await dialog.getByRole("button", { name: "Unlock" }).click();
    await progress.getByText("Unlock").waitFor();
    await progress.getByText("and the car shows it").waitFor();
    expect(requests("security/unlock")).toBe(1);

    const table = page.getByRole("group", { name: "What was asked" });
    await table.getByRole("row").nth(2).waitFor();
    expect(await page.getByRole("button", { name: "Start charging" }).isDisabled()).toBe(true);
    expect(errors).toEqual([]);
  });

  it("fits phone and desktop in light and dark, and is accessible", async () => {
    const { program } = await ready();
    for (const viewport of [PHONE, DESKTOP]) {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, errors } = await open(program.privateUrl, { viewport, colorScheme });
        for (const [route, shown] of Object.entries(ROUTES)) {
          await page.goto(`${program.privateUrl}/#/${route}`);
          await page.locator(shown).first().waitFor();
          const place = `${route}, ${viewport.width} px, ${colorScheme}`;
          const wider = await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
          expect(wider, `${place}: scrolls sideways`).toBe(false);
          expect(await accessibilityFaults(page), place).toEqual([]);
        }
        expect(errors).toEqual([]);
      }
    }
  }, 60_000);

  it("can be used with the keyboard alone", async () => {
    const { program } = await ready();
    const { page } = await open(program.privateUrl);
    await page.locator(".card").waitFor();
    const focused = () => page.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''");
    const reached: string[] = [];
    for (let i = 0; i < 5; i++) {
      await page.keyboard.press("Tab");
      reached.push(await focused());
    }
    expect(reached.map((text) => text.replace(/\d.*$/, "").trim())).toEqual([
      "Skip to the content",
      "Cars",
      "Set-up",
      "Traffic",
      "Test a",
    ]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Test a" }).waitFor();
  });

  it("works under a sub-path, behind a proxy that names itself", async () => {
    const { program, requests } = await ready();
    const proxy = await mountAt("/api/hassio_ingress/token/", program.privateUrl);
    cleanups.push(proxy.stop);
    const { page, requested, errors } = await open(`${proxy.url}#/cars/test-a`);
    await level(page, "50");
    await page.getByRole("button", { name: "Lock", exact: true }).click();
    await page.getByTestId("progress").getByText("succeeded").waitFor();
    expect(requests("security/lock")).toBe(1);
    expect(requested.filter((url) => !url.startsWith(proxy.url))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("asks for the password where there is one", async () => {
    const { program, bench: running } = await ready({ env: { HTTP_PASSWORD: "open sesame" } });
    const unknown = await fetch(`${program.privateUrl}/api/vehicles`);
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get("www-authenticate")).toContain("Basic");
    const { page } = await open(`${program.privateUrl}/`);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("this is not the password").waitFor();
    await page.getByLabel("Password").fill("open sesame");
    await page.getByRole("button", { name: "Open" }).click();
    await level(page, "50");
    // Sessions end with the bridge; whoever has the page open is asked again.
    await running.end("SIGTERM");
    await running.start();
    await page.getByLabel("Password").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("survives the bridge's restart, and says so meanwhile", async () => {
    const running = await ready();
    const { page } = await open(running.program.privateUrl);
    await level(page, "50");
    await running.bench.end("SIGTERM");
    await page.getByText("The bridge does not answer").waitFor();
    await running.bench.start();
    running.simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body: { value: 71, unit: "percent" } });
    await level(page, "71");
    await page.getByText("The bridge does not answer").waitFor({ state: "detached" });
  });
});

const ROUTES = {
  cars: ".card",
  "cars/test-a": ".chart, .chart-empty",
  setup: ".links",
  traffic: ".tiles",
};

/** A bridge that has shown its one car. */
async function ready(options: Parameters<typeof startBench>[0] = {}) {
  const started = await bench({ cars: [stillCar("a")], ...options });
  await started.shown();
  return {
    bench: started,
    program: started.program,
    simulator: started.simulator,
    requests: (part: string) => started.requests("vehicle-a", part).filter(({ path }) => path.endsWith(part)).length,
  };
}

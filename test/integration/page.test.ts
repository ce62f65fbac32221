import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, hasChromium, mountAt } from "../support/browser.ts";
import { level, PageFixture } from "../support/page-fixture.ts";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
/** Every view, and what shows that it is there. */
const ROUTES = {
  cars: ".card",
  "cars/test-a": ".chart, .chart-empty",
  setup: ".links",
  traffic: ".tiles",
};

describe.skipIf(!hasChromium())("the page", () => {
  const pages = new PageFixture();

  it("is small", () => {
    const folder = join(import.meta.dirname, "../../dist/page");
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { file: string }[];
    const bytes = manifest.map(({ file }) => readFileSync(join(folder, `${file}.gz`)).length);
    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(150 * 1024);
  });

  it("fits phone and desktop in light and dark, and is accessible", async () => {
    const { program } = await pages.ready();
    for (const viewport of [PHONE, DESKTOP]) {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, errors } = await pages.open(program.privateUrl, { viewport, colorScheme });
        for (const [route, shown] of Object.entries(ROUTES)) {
          await page.goto(`${program.privateUrl}/#/${route}`);
          await page.locator(shown).first().waitFor();
          const place = `${route}, ${viewport.width} px, ${colorScheme}`;
          const wider = await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
          expect(wider, `${place}: scrolls sideways`).toBe(false);
          // What becomes lines on a phone must not hide its values beyond the edge.
          const hidden = await page.evaluate<number>(
            "[...document.querySelectorAll('.stack')].filter((table) => table.scrollWidth > table.clientWidth).length",
          );
          expect(hidden, `${place}: tables cut off`).toBe(0);
          expect(await accessibilityFaults(page), place).toEqual([]);
        }
        expect(errors).toEqual([]);
      }
    }
  });

  it("can be used with the keyboard alone", async () => {
    const { program } = await pages.ready();
    const { page } = await pages.open(program.privateUrl);
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
    const { program, requests } = await pages.ready();
    const proxy = await mountAt("/api/hassio_ingress/token/", program.privateUrl);
    pages.later(proxy.stop);
    const { page, requested, errors } = await pages.open(`${proxy.url}#/cars/test-a`);
    await level(page, "50");
    await page.getByRole("button", { name: "Lock", exact: true }).click();
    await page.getByTestId("progress").getByText("succeeded").waitFor();
    expect(requests("security/lock")).toBe(1);
    expect(requested.filter((url) => !url.startsWith(proxy.url))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("asks for the password where there is one", async () => {
    const { program, bench: running } = await pages.ready({ env: { HTTP_PASSWORD: "open sesame" } });
    const unknown = await fetch(`${program.privateUrl}/api/vehicles`);
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get("www-authenticate")).toContain("Basic");
    const { page } = await pages.open(`${program.privateUrl}/`);
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
    const running = await pages.ready();
    const { page } = await pages.open(running.program.privateUrl);
    await level(page, "50");
    await running.bench.end("SIGTERM");
    await page.getByText("The bridge does not answer").waitFor();
    await running.bench.start();
    running.simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body: { value: 71, unit: "percent" } });
    await level(page, "71");
    await page.getByText("The bridge does not answer").waitFor({ state: "detached" });
  });
});

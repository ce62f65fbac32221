import { readFileSync } from "node:fs";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, hasChromium } from "../support/browser.ts";
import { PageFixture } from "../support/page-fixture.ts";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

async function saved(
  page: Page,
  link: Locator,
): Promise<{ name: string; lines: { kind?: string; format?: string }[] }> {
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const text = readFileSync(await download.path(), "utf8");
  return {
    name: download.suggestedFilename(),
    lines: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  };
}

describe.skipIf(!hasChromium())("the flight recorder on the page", () => {
  const pages = new PageFixture();

  it("keeps, records, stops and saves", async () => {
    // Only what the test has the car tell is recorded.
    const { program, simulator } = await pages.ready({ env: { POLLING_MODE: "never" } });
    const { page, errors } = await pages.open(`${program.privateUrl}/#/traffic`, { viewport: PHONE });
    const recorder = page.getByRole("region", { name: "Flight recorder" });
    const kept = recorder.getByTestId("kept");
    const recorded = recorder.getByTestId("recorded");
    await recorder.getByText("Read it before you send it").waitFor();
    expect(await recorder.getByTestId("kept").count()).toBe(0);

    await recorder.getByLabel("Keep the last").fill("5");
    await recorder.getByRole("button", { name: "Keep", exact: true }).click();
    await kept.getByText("The last 5 min are kept").waitFor();
    await recorder.getByLabel("Record the next").fill("3");
    await recorder.getByRole("button", { name: "Record", exact: true }).click();
    await recorded.getByText("Records until").waitFor();
    await recorded.getByRole("progressbar", { name: "Time recorded" }).waitFor();
    expect(await recorder.getByRole("button", { name: "Record", exact: true }).isDisabled()).toBe(true);
    await recorded.getByText("So far 0 entries").waitFor();

    // While one looks on, without loading the page again.
    simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body: { value: 63, unit: "percent" } });
    await recorded.getByText("So far 1 entry").waitFor();
    await kept.getByText("1 entry").waitFor();
    await recorded.getByRole("button", { name: "Stop" }).click();
    await recorded.getByText("It was stopped").waitFor();
    const file = await saved(page, recorded.getByRole("link", { name: "Save the recording" }));
    expect(file.name).toMatch(/^smartcar2mqtt-recording-\d{8}T\d{6}Z\.txt$/);
    expect(file.lines.map(({ kind, format }) => kind ?? format)).toEqual([
      "smartcar2mqtt-recording",
      "car",
      "delivery",
    ]);
    expect((await saved(page, kept.getByRole("link", { name: "Save what is kept" }))).lines).toHaveLength(3);

    await kept.getByRole("button", { name: "Keep nothing" }).click();
    await kept.waitFor({ state: "detached" });
    expect(errors).toEqual([]);
  });

  it("fits phone and desktop in light and dark, and is accessible, at rest and at work", async () => {
    const { program } = await pages.ready();
    const { page, errors } = await pages.open(`${program.privateUrl}/#/traffic`);
    const recorder = page.getByRole("region", { name: "Flight recorder" });
    const look = async (when: string) => {
      for (const viewport of [PHONE, DESKTOP]) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          const place = `${when}, ${viewport.width} px, ${colorScheme}`;
          const wider = await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
          expect(wider, `${place}: scrolls sideways`).toBe(false);
          expect(await accessibilityFaults(page), place).toEqual([]);
        }
      }
    };
    await recorder.getByLabel("Keep the last").waitFor();
    await look("at rest");
    await recorder.getByRole("button", { name: "Keep", exact: true }).click();
    await recorder.getByRole("button", { name: "Record", exact: true }).click();
    await recorder.getByRole("progressbar").waitFor();
    await recorder.getByText("are kept").waitFor();
    await look("at work");
    await recorder.getByRole("button", { name: "Stop" }).click();
    await recorder.getByRole("link", { name: "Save the recording" }).waitFor();
    await look("done");
    expect(errors).toEqual([]);
  });
});

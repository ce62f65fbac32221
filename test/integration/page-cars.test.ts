import { describe, expect, it } from "vitest";
import { accessibilityFaults, hasChromium } from "../support/browser.ts";
import { stillCar } from "../support/e2e-bench.ts";
import { level, PageFixture } from "../support/page-fixture.ts";

describe.skipIf(!hasChromium())("a car on the page", () => {
  const pages = new PageFixture();

  it("shows a car's battery rise while one looks on, and asks nobody but the bridge", async () => {
    const { program, simulator } = await pages.ready();
    const { page, requested, errors } = await pages.open(program.privateUrl);
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
    const { program, bench, requests } = await pages.ready({ env: { COMMANDS_ALLOW: "lock,unlock,charge_limit" } });
    const { page, errors } = await pages.open(`${program.privateUrl}/#/cars/test-a`);
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

    // Among those of all cars a command says whose it is, and one with a wrong value shows what was sent.
    await bench.seen.publish("smartcar/test-a/charge_limit/set", "plenty");
    await page.getByRole("link", { name: "Traffic" }).click();
    await table.getByRole("row", { name: /Test a Charge limit plenty rejected/ }).waitFor();
    expect(errors).toEqual([]);
  });

  it("sets charge schedules of every kind in a form, and deletes them", async () => {
    const car = stillCar("a", { signals: { "charge-chargetimers": { values: [] } } });
    const { program, bench } = await pages.ready({ cars: [car] });
    const { page, errors } = await pages.open(`${program.privateUrl}/#/cars/test-a`);
    const posted = () =>
      bench
        .requests("vehicle-a", "charge-schedules")
        .map(({ method, path }) => `${method} ${path.replace(/^.*charge-schedules/, "")}`);
    const progress = page.getByTestId("progress");

    await page.getByText("Charge schedules", { exact: true }).click();
    await page.getByText("Destination", { exact: true }).click();
    expect(await accessibilityFaults(page)).toEqual([]);
    const set = page.getByRole("button", { name: "Set schedule" });
    expect(await set.isDisabled()).toBe(true);
    await page.getByLabel("At (latitude, longitude)").fill("50.1, 8.6");
    await page.getByLabel("every day, from").fill("01:30");
    await page.getByLabel("every day, until").fill("05:00");
    await set.click();
    await progress.getByText("daily").waitFor();
    await progress.getByText("succeeded").waitFor();

    await page.getByRole("combobox", { name: /^Charge/ }).selectOption("workweek");
    await page.getByRole("checkbox", { name: "Weekends" }).uncheck();
    await set.click();
    await progress.getByText("workweek").waitFor();
    await progress.getByText("succeeded").waitFor();

    await page.getByRole("combobox", { name: /^Charge/ }).selectOption("weekly");
    for (const day of ["Tuesday", "Wednesday", "Thursday", "Friday"]) {
      await page.getByRole("checkbox", { name: day }).uncheck();
    }
    await set.click();
    await progress.getByText("weekly").waitFor();
    await progress.getByText("succeeded").waitFor();
    expect(posted()).toEqual(["POST /daily", "POST /workweek", "POST /weekly"]);

    // The car tells what it holds, and each of these can be taken away.
    const held = page.getByRole("listitem").filter({ hasText: "daily 01:30–05:00" });
    await held.getByRole("button", { name: /^Delete/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete schedule" }).click();
    await progress.getByText("delete").waitFor();
    await progress.getByText("succeeded").waitFor();
    await held.waitFor({ state: "detached" });
    expect(posted().at(-1)).toMatch(/^DELETE /);
    expect(errors).toEqual([]);
  });
});

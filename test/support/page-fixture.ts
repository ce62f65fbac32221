import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { ensurePage } from "../../scripts/page.mjs";
import { openPage, startBrowser } from "./browser.ts";
import { type BenchOptions, startBench, stillCar } from "./e2e-bench.ts";

/** The browser of a file of tests, and what each test opens, closed after it. Call it inside `describe`. */
export class PageFixture {
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  #browser: Browser | undefined;

  constructor() {
    beforeAll(async () => {
      await ensurePage();
      this.#browser = await startBrowser();
    });
    afterAll(() => this.#browser?.close());
    afterEach(async () => {
      for (const clean of this.#cleanups.splice(0).reverse()) await clean();
    });
  }

  /** Runs when the test ends, the last one first. */
  later(clean: () => Promise<unknown>): void {
    this.#cleanups.push(clean);
  }

  async open(url: string, options: Parameters<typeof openPage>[1] = {}) {
    if (this.#browser === undefined) throw new Error("the browser was not started");
    const opened = await openPage(this.#browser, options);
    this.later(() => opened.page.context().close());
    await opened.page.goto(url);
    return opened;
  }

  /** A bridge that has shown its one car. */
  async ready(options: BenchOptions = {}) {
    const bench = await startBench({ broker: "aedes", cars: [stillCar("a")], ...options });
    this.later(() => bench.close());
    await bench.shown();
    return {
      bench,
      program: bench.program,
      simulator: bench.simulator,
      /** How often the car was asked for exactly this. */
      requests: (part: string) => bench.requests("vehicle-a", part).filter(({ path }) => path.endsWith(part)).length,
    };
  }
}

/** Waits until a car's level reads so. */
export const level = (page: Page, text: string): Promise<void> =>
  page.locator("[data-testid=level]", { hasText: text }).first().waitFor();

/** One link of the chain on the page, in that state. */
export const link = (page: Page, name: string, status: "ok" | "failed" | "not_known") =>
  page.locator(`[data-link="${name}"][data-status="${status}"]`);

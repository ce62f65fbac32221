import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { atHand, installed } from "./installed.ts";
import { type RunningProxy, startProxy } from "./proxy.ts";

const CHROMIUM = installed(["chromium", "chromium-browser", "google-chrome"]);

/** Is a browser at hand? */
export function hasChromium(): boolean {
  return atHand(CHROMIUM, "chromium", "the tests of the page");
}

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM ?? "chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** A page that notes what it asks for and what goes wrong in it. */
export async function openPage(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ page: Page; requested: string[]; errors: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requested: string[] = [];
  const errors: string[] = [];
  page.on("request", (one) => requested.push(one.url()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // A refused or lost request is noted there as well; tests provoke those.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      errors.push(message.text());
  });
  return { page, requested, errors };
}

/** What axe finds wrong on the page, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const result = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  });
  return result;
}

/** A reverse proxy that mounts another server under a sub-path, with a Host of its own. */
export function mountAt(prefix: string, target: string): Promise<RunningProxy> {
  return startProxy(target, {
    prefix,
    headers: (browser, host) => ({ ...browser, host, "x-forwarded-host": browser.host }),
  });
}

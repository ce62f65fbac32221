import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROKEN_SETUPS, type BrokenSetup } from "../support/broken-setups.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { hasChromium } from "../support/browser.ts";
import { delivered, diagnose } from "../support/doctor.ts";
import { type Bench, openBench } from "../support/e2e-bench.ts";
import { link, PageFixture } from "../support/page-fixture.ts";
import { type Program, startProgram } from "../support/program.ts";

/** Read in the browser. */
const FAILED = "[...document.querySelectorAll('[data-link][data-status=failed]')]";

interface Running {
  readonly program: Program;
  /** As somebody beside the program would have it. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** The program as it runs with the fault, at a simulator with a webhook for it. */
async function run(broken: BrokenSetup): Promise<Running> {
  const cleanups: (() => unknown)[] = [];
  const stop = async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  };
  try {
    const bench = await openBench({ broker: "aedes", webhook: false });
    cleanups.push(() => bench.close());
    broken.before?.(bench);
    const well = {
      ...bench.environment,
      DATA_DIR: bench.dataDir,
      HTTP_PUBLIC_URL: `http://127.0.0.1:${bench.ports.public}`,
    };
    const given = await broken.env?.(bench);
    cleanups.push(() => given?.stop?.());
    const env = { ...well, ...given?.env };
    const start = async (with_: Record<string, string>, { waits = false } = {}) => {
      const { dataDir, ports } = bench;
      const program = await startProgram({ env: with_, dataDir, ports, dontWait: waits });
      cleanups.push(() => program.close());
      if (waits) await program.line(({ msg }) => msg.startsWith("waiting for the data directory"));
      return program;
    };
    let program = await start(broken.ranBefore === true ? well : env);
    await bench.simulator.setWebhook({ callbackUrl: program.webhookUrl, subscribe: "all", ...broken.webhook });
    // Without a token there is no car, and without a broker nobody hears of it.
    if (!broken.failed.some((name) => name === "token" || name === "broker")) await announced(bench);
    if (broken.ranBefore === true) {
      await delivered({ simulator: bench.simulator, program });
      await program.close();
      program = await start(env, { waits: broken.stalls === true });
    }
    broken.after?.(bench);
    const port = (url: string) => new URL(url).port;
    const ports = { HTTP_PORT: port(program.privateUrl), HTTP_PUBLIC_PORT: port(program.publicUrl) };
    return { program, env: { ...env, ...ports }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function announced({ seen }: Bench): Promise<void> {
  await seen.until(({ topic }) => topic === "homeassistant/device/smartcar_vehicle-a/config");
}

describe.skipIf(!hasMosquitto()).each(BROKEN_SETUPS)("$name", (broken) => {
  let running: Running;
  beforeAll(async () => {
    running = await run(broken);
  });
  afterAll(() => running.stop());

  describe.skipIf(!hasChromium())("on the page", () => {
    const pages = new PageFixture();

    it("is named, with what mends it, and nothing else is blamed", async () => {
      const { page, errors } = await pages.open(`${running.program.privateUrl}/#/setup`);
      if (broken.stalls !== true) await page.getByRole("button", { name: "Look again" }).click();
      const [name] = broken.failed;
      const named = link(page, name, "failed");
      await named.filter({ hasText: broken.detail }).filter({ hasText: broken.fix }).waitFor();
      const names = JSON.stringify([...broken.failed].sort());
      await page.waitForFunction(`JSON.stringify(${FAILED}.map(({ dataset }) => dataset.link).sort()) === '${names}'`);
      await page.getByText(`Begin with “${name}”.`).waitFor();
      expect(errors).toEqual([]);
    });
  });

  it("is named by doctor, with what mends it, and nothing else is blamed", async () => {
    const { failed, link: found, exitCode, stdout } = await diagnose(running.env);
    const [name] = broken.failed;
    expect(failed).toEqual(broken.failed);
    expect(found(name).detail).toMatch(broken.detail);
    expect(found(name).fix).toMatch(broken.fix);
    expect(exitCode).toBe(3);
    for (const secret of ["SMARTCAR_CLIENT_SECRET", "SMARTCAR_MANAGEMENT_TOKEN", "MQTT_PASSWORD"]) {
      const value = running.env[secret];
      if (value !== undefined) expect(stdout).not.toContain(value);
    }
  });
});

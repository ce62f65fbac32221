import { seconds } from "../lib/duration.ts";
import type { StopFailure } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import { Termination } from "../lib/termination.ts";
import { failureLine, type Terminal } from "./command.ts";
import { type PatientStart, startPatiently } from "./patient-start.ts";

/** Docker gives 10 s before it kills; this leaves some of it. */
const STOP_LIMIT_MS = seconds(8);

/** What is run here: the app, or a stand-in of a test. */
export interface Daemon {
  start(): Promise<void>;
  stop(limitMs: number): Promise<readonly StopFailure[]>;
  readonly page: PatientStart["page"];
  /** Resolves when it cannot go on and is to be stopped; what happened is in the log by then. */
  readonly failed: Promise<unknown>;
  readonly addresses: { readonly privateUrl: string; readonly publicUrl: string };
}

export interface DaemonRun {
  readonly terminal: Terminal;
  readonly log: Log;
  /** Called once everything listens. */
  readonly onStarted?: () => void | Promise<void>;
}

/** Runs the app until a signal or a failure ends it, and stops it in order. Returns the exit code. */
export async function runDaemon(app: Daemon, { terminal, log, onStarted }: DaemonRun): Promise<number> {
  const termination = new Termination({
    process: terminal.process,
    clock: terminal.clock,
    log,
    abandon: terminal.abandon,
  });
  // Never taken back: a second signal must end at once also while the rest of the program stops.
  termination.start();
  const outcome = await startPatiently({
    start: () => app.start(),
    page: app.page,
    ended: termination.requested,
    say: (error) => terminal.err(failureLine(error)),
    clock: terminal.clock,
    log,
  });
  if (outcome === "failed") return 1;
  if (outcome === "ended") return (await termination.requested).kind === "signal" ? 0 : 1;
  log.info({ version: terminal.version, ...app.addresses }, "started");
  await onStarted?.();
  const broken = app.failed.then(() => ({ kind: "failure" }) as const);
  const reason = await Promise.race([termination.requested, broken]);
  for (const { part, error } of await app.stop(STOP_LIMIT_MS)) log.error({ part, error }, "did not stop in order");
  log.info({}, "stopped");
  return reason.kind === "signal" ? 0 : 1;
}

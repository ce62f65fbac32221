import type { CallError } from "./call-error.ts";
import type { ProblemReport } from "./observation.ts";

/** Who noticed: it also says what can clear it again. */
export type ProblemOrigin = "webhook" | "poll" | "command";

/** A fault that keeps a car's data or commands from working, told in words for its owner. */
export interface Problem {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
  readonly action: string | null;
  /** https only, or null. */
  readonly url: string | null;
  readonly since: number;
  readonly origin: ProblemOrigin;
  /** Whether it concerns the whole car and not single signals. */
  readonly whole: boolean;
}

/** Problems of one vehicle by type and code: the same fault reported twice is one problem. */
export type Problems = ReadonlyMap<string, Problem>;

export interface ProblemChange {
  readonly problems: Problems;
  readonly key: string;
  readonly raised: Problem | null;
  readonly cleared: Problem | null;
}

export function problemKey(type: string, code: string | null): string {
  return code === null || code === "UNKNOWN" ? type : `${type}/${code}`;
}

/** Folds a report in. Returns null when it changes nothing. */
export function applyReport(held: Problems, report: ProblemReport, origin: ProblemOrigin): ProblemChange | null {
  const key = problemKey(report.type, report.code);
  const known = held.get(key);
  if (report.state === "RESOLVED") return known === undefined ? null : without(held, key, known);
  if (!concernsOwner(report)) return null;
  const problem: Problem = {
    type: report.type,
    code: report.code,
    message: report.message ?? defaultMessage(report.type, report.code),
    action: report.action,
    url: report.url,
    since: known?.since ?? report.at,
    origin: known?.origin ?? origin,
    whole: report.signals.length === 0,
  };
  if (known !== undefined && known.message === problem.message && known.url === problem.url) return null;
  const problems = new Map(held).set(key, problem);
  return { problems, key, raised: known === undefined ? problem : null, cleared: null };
}

/** What an error answer means for the car's owner; null for an outage or a refusal that is nobody's fault. */
export function problemOf(error: CallError, at: number): ProblemReport | null {
  const owners = error.disposition === "re-authorise" || error.scope === "billing";
  if (!owners || error.type === null) return null;
  return {
    state: "ERROR",
    type: error.type,
    code: error.smartcarCode,
    message: error.ownerMessage,
    action: error.action,
    url: error.url,
    at,
    signals: [],
  };
}

/** Takes away what a success of this origin disproves, one change at a time; null when there is nothing left to clear. */
export function clearOrigin(held: Problems, origin: ProblemOrigin): ProblemChange | null {
  for (const [key, problem] of held) if (disproves(origin, problem)) return without(held, key, problem);
  return null;
}

/** Whether a success of this origin shows that a problem is over. Calls that are used up are so for reads and commands. */
export function disproves(origin: ProblemOrigin, problem: Problem): boolean {
  return problem.origin === origin || (problem.type === "BILLING" && origin !== "webhook");
}

/** Takes away that there are no data, which any usable value disproves. */
export function clearNoData(held: Problems): ProblemChange | null {
  for (const [key, problem] of held) if (problem.type === NO_DATA) return without(held, key, problem);
  return null;
}

/** Our own type of problem: Smartcar answers, but holds no signal of the car. */
export const NO_DATA = "NO_DATA";

/** The one to show: the most actionable, then the newest. */
export function foremost(problems: Problems): Problem | null {
  let best: Problem | null = null;
  // In the order of their keys, so that a tie shows the same one after a restart.
  for (const [, problem] of [...problems].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (best === null || rank(problem) > rank(best) || (rank(problem) === rank(best) && problem.since > best.since)) {
      best = problem;
    }
  }
  return best;
}

/** Whether the car cannot be reached at all until its owner acts: `availability` is `offline` then. */
export function cutsOff(problem: Problem): boolean {
  if (problem.type === "CONNECTED_SERVICES_ACCOUNT" && CUTTING_CODES.has(problem.code ?? "")) return true;
  // A command may be refused for want of a permission of its own; the car can be reached all the same.
  return problem.whole && problem.origin !== "command" && problem.action === "REAUTHENTICATE";
}

const CUTTING_CODES = new Set(["AUTHENTICATION_FAILED", "VEHICLE_MISSING", "NO_VEHICLES"]);

function without(held: Problems, key: string, cleared: Problem): ProblemChange {
  const problems = new Map(held);
  problems.delete(key);
  return { problems, key, raised: null, cleared };
}

/** What a car merely cannot do, or does not share for single signals, is shown with those signals and is no problem. */
function concernsOwner(report: ProblemReport): boolean {
  if (report.signals.length === 0) return report.type !== "COMPATIBILITY" || report.code === "MAKE_NOT_COMPATIBLE";
  return report.type === "CONNECTED_SERVICES_ACCOUNT";
}

function rank(problem: Problem): number {
  if (problem.action === "REAUTHENTICATE") return 4;
  if (problem.url !== null) return 3;
  if (problem.type === "CONNECTED_SERVICES_ACCOUNT" || problem.type === "PERMISSION") return 2;
  return problem.type === "VEHICLE_STATE" ? 0 : 1;
}

const MESSAGES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "CONNECTED_SERVICES_ACCOUNT/AUTHENTICATION_FAILED":
      "The sign-in to your car maker's account no longer works. Sign in again to get data and commands back.",
    "CONNECTED_SERVICES_ACCOUNT/PERMISSION":
      "Your car maker's account does not allow this. Sign in again and allow it.",
    "CONNECTED_SERVICES_ACCOUNT/ACCOUNT_ISSUE": "Your car maker's account needs attention: open the maker's app.",
    "CONNECTED_SERVICES_ACCOUNT/SUBSCRIPTION":
      "Your car's connected services subscription has ended: renew it in the maker's app.",
    "CONNECTED_SERVICES_ACCOUNT/NO_VEHICLES": "Your car maker's account holds no car any more.",
    "CONNECTED_SERVICES_ACCOUNT/VEHICLE_MISSING": "The car is no longer in your car maker's account.",
    "CONNECTED_SERVICES_ACCOUNT/VIRTUAL_KEY_REQUIRED": "The car needs a virtual key before it takes commands.",
    "VEHICLE_STATE/ASLEEP": "The car is asleep. Drive it or open it to wake it.",
    "VEHICLE_STATE/UNREACHABLE": "The car cannot be reached at the moment.",
    "VEHICLE_STATE/REMOTE_ACCESS_DISABLED": "Remote access is switched off in the car: switch it on in its settings.",
    "VEHICLE_STATE/VEHICLE_OFFLINE_FOR_SERVICE": "The car is offline for service.",
    PERMISSION: "You have not granted access to this. Connect the car again and allow it.",
    BILLING: "The Smartcar plan's calls for this month are used up. Webhooks go on; polls resume next month.",
    RATE_LIMIT: "Smartcar asked to slow down; the bridge waits and tries again by itself.",
  }),
);

/** The keys of all problems that have words of ours, and so an entry in the documents. */
export const EXPLAINED: readonly string[] = [NO_DATA, ...MESSAGES.keys()];

/** The one among {@link EXPLAINED} that a problem belongs to; null for one that only Smartcar can explain. */
export function explanationOf({ type, code }: Pick<Problem, "type" | "code">): string | null {
  return [problemKey(type, code), type].find((key) => EXPLAINED.includes(key)) ?? null;
}

function defaultMessage(type: string, code: string | null): string {
  return (
    MESSAGES.get(problemKey(type, code)) ??
    MESSAGES.get(type) ??
    `Smartcar reports ${problemKey(type, code)} for this car.`
  );
}

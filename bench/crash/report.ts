import type { Disk } from "./disk.ts";
import type { Findings } from "./findings.ts";
import type { Load } from "./load.ts";
import type { Oracle } from "./oracle.ts";
import type { Retained } from "./retained.ts";
import type { World } from "./world.ts";

/** What the program was doing when it was killed. */
export type Moment = "start" | "load" | "shutdown" | "migration";

export interface CrashReport {
  readonly kills: number;
  readonly during: Readonly<Record<Moment, number>>;
  readonly orderlyStops: number;
  readonly deliveries: number;
  readonly acknowledged: number;
  /** Acknowledged deliveries that are not in the state. */
  readonly lost: number;
  readonly commands: number;
  /** Commands that reached the program's audit table, and calls that reached Smartcar for them. */
  readonly audited: number;
  readonly sent: number;
  readonly doubled: number;
  /** Audited commands without a result, and those with two different ones. */
  readonly unanswered: number;
  readonly contradicted: number;
  readonly integrity: string;
  readonly bookedCalls: number;
  readonly billedCalls: number;
  readonly undercounted: number;
  /** Retained topics at the end, and how many of them are not what the state says. */
  readonly retained: number;
  readonly wrongTopics: number;
  readonly seed: number;
  readonly seconds: number;
  readonly ok: boolean;
  readonly violations: readonly string[];
}

/** What was counted while the program was killed again and again. */
export interface Counted {
  readonly kills: number;
  readonly during: Readonly<Record<Moment, number>>;
  readonly orderlyStops: number;
  readonly seed: number;
  readonly seconds: number;
}

export interface End {
  readonly world: World;
  readonly oracle: Oracle;
  readonly load: Load;
  readonly findings: Findings;
  readonly disk: Disk;
  readonly retained: Retained;
}

const MOST_VIOLATIONS = 50;

/** Judges the commands by the audit table at the end, and sums everything up. */
export function reportOf(counted: Counted, { world, oracle, load, findings, disk, retained }: End): CrashReport {
  const { sent, doubled } = sentTwice(load, disk, findings);
  const ids = new Set(disk.audit.map(({ id }) => id));
  for (const { id, completed_at } of disk.audit) if (completed_at === null) findings.violate(`${id} never ended`);
  const unanswered = [...ids].filter((id) => !load.hasResult(id));
  for (const id of unanswered) findings.violate(`${id} has no result`);
  const contradicted = load.contradictions();
  for (const id of contradicted) findings.violate(`${id} has two results`);
  const cars = world.simulator.cars();
  return {
    kills: counted.kills,
    during: counted.during,
    orderlyStops: counted.orderlyStops,
    deliveries: oracle.deliveries,
    acknowledged: oracle.acknowledged,
    lost: findings.lost,
    commands: load.commands,
    audited: ids.size,
    sent,
    doubled,
    unanswered: unanswered.length,
    contradicted: contradicted.length,
    integrity: findings.integrity,
    bookedCalls: cars.reduce((sum, { vehicleId }) => sum + (disk.booked.get(vehicleId) ?? 0), 0),
    billedCalls: cars.reduce((sum, { callsUsed }) => sum + callsUsed, 0),
    undercounted: findings.undercounted,
    retained: retained.topics,
    wrongTopics: retained.wrong,
    seed: counted.seed,
    seconds: counted.seconds,
    ok: findings.violations.length === 0,
    violations: findings.violations.slice(0, MOST_VIOLATIONS),
  };
}

function sentTwice({ arrived }: Load, { audit }: Disk, findings: Findings): { sent: number; doubled: number } {
  let doubled = 0;
  for (const [key, times] of arrived) {
    if (!key.startsWith("destination ") || times < 2) continue;
    doubled++;
    findings.violate(`${key} reached Smartcar ${times} times`);
  }
  // The others cannot be told apart at Smartcar: no more calls of a kind than commands that were let go.
  const sent = [...arrived].filter(([key]) => key.startsWith("/")).reduce((sum, [, times]) => sum + times, 0);
  const letGo = audit.filter(({ sent_at, command }) => sent_at !== null && command !== "refresh").length;
  if (sent > letGo) {
    doubled += sent - letGo;
    findings.violate(`${sent} calls for ${letGo} commands`);
  }
  return { sent, doubled };
}

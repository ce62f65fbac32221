import type { Clock } from "../lib/clock.ts";
import { days } from "../lib/duration.ts";
import type { Job } from "../scheduler/jobs.ts";
import type { Poller } from "../scheduler/poller.ts";

/** An event is tried for three minutes; two days forgive a clock that was set. */
const KEEP_DELIVERIES_MS = days(2);
const KEEP_HISTORY_MS = days(400);
const KEEP_CALLS_MS = days(400);
const KEEP_COMMANDS_MS = days(400);
const KEEP_SESSIONS_MS = days(3_652);

export interface UpkeepParts {
  readonly store: {
    readonly states: { prune(deliveriesBefore: number, historyBefore: number): void };
    readonly ledger: { prune(before: number): void };
    readonly executions: { prune(before: number): void };
    readonly charging: { prune(before: number): void };
  };
  readonly poller: Pick<Poller, "replanAll">;
  readonly clock: Clock;
}

/** What is done by the calendar (UTC). */
export function calendar({ store, poller, clock }: UpkeepParts): readonly Job[] {
  return [
    { name: "new month's budget", pattern: "0 0 1 * *", run: () => poller.replanAll() },
    {
      name: "forget what is old",
      pattern: "17 3 * * *",
      run: () => {
        const now = clock.now();
        store.states.prune(now - KEEP_DELIVERIES_MS, now - KEEP_HISTORY_MS);
        store.ledger.prune(now - KEEP_CALLS_MS);
        store.executions.prune(now - KEEP_COMMANDS_MS);
        store.charging.prune(now - KEEP_SESSIONS_MS);
      },
    },
  ];
}

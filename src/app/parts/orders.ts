import { CommandRunner } from "../../commands/runner.ts";
import { CommandViews } from "../../commands/view.ts";
import { seconds } from "../../lib/duration.ts";
import type { Frame } from "../frame.ts";
import type { Account } from "./account.ts";
import type { Cars } from "./cars.ts";
import type { Kept } from "./kept.ts";

/** Commands: what is asked of the cars, and what may be. */
export interface Orders {
  readonly runner: CommandRunner;
  readonly commands: CommandViews;
}

/** A car shows the effect of a command some seconds after it was answered. */
const SETTLED_MS = seconds(20);

export function orderParts(frame: Frame, { store, intake }: Kept, { gateway, budget }: Account, cars: Cars): Orders {
  const { config, clock, events } = frame;
  const { directory, poller, polling } = cars;
  const allow = new Set(config.commands.allow);
  const runner = new CommandRunner({
    store: store.executions,
    sender: gateway,
    budget,
    incapabilities: store.incapabilities,
    allow,
    maxAgeMs: config.commands.max_age,
    stateOf: (id) => intake.state(id),
    vehicle: (id) => directory.get(id),
    read: (vehicle, kind) => poller.read(vehicle, kind),
    // A read made meanwhile, for another command say, has shown what there was to see.
    mayConfirm: (id, completedAt) =>
      polling.of(id).mode !== "never" && (poller.lastPollAt(id) ?? 0) < completedAt + SETTLED_MS,
    events: events.runner,
    clock,
  });
  return { runner, commands: new CommandViews(runner, store.incapabilities, allow) };
}

import { minutes } from "../../src/lib/duration.ts";
import { Events } from "../../src/lib/events.ts";
import { Intake, type IntakeEvents } from "../../src/vehicle/intake.ts";
import { turn } from "../../test/support/wire.ts";
import { FastClock } from "../fast-clock.ts";
import { MONTH_START } from "./car-month.ts";
import { CAR, Cloud, type Webhook } from "./cloud.ts";
import { PLANNERS, type PlannerName, rethrow } from "./planners.ts";
import { seeded } from "./random.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { Staleness } from "./staleness.ts";

/** What chance decides by. */
export interface Dice {
  readonly seed: number;
  /** Minutes by which the day's refresh of an unsubscribed car may come early or late. */
  readonly spreadMin: number;
  /** Minutes by which the fixed intervals' second read comes early, so that they ask at other times than ours. */
  readonly shiftMin: number;
}

export interface MonthResult {
  readonly calls: number;
  readonly staleness: Staleness;
}

/** One car's month under one planner. The same seed gives both planners the same month. */
export async function runMonth(
  scenario: Scenario,
  webhook: Webhook,
  planner: PlannerName,
  { seed, spreadMin, shiftMin }: Dice,
): Promise<MonthResult> {
  const moments = SCENARIOS[scenario](seeded(seed));
  const cloud = new Cloud(moments, webhook, spreadMin, seeded(seed + 1_000));
  let underWay = 0;
  const settle = async () => {
    while (underWay > 0) await turn();
  };
  const clock = new FastClock(MONTH_START, settle);
  const intakeEvents = new Events<IntakeEvents>(rethrow);
  const intake = new Intake({
    store: { loadStates: () => new Map(), knowsDelivery: () => false, commit: (gather) => void gather() },
    events: intakeEvents,
    isKnown: () => true,
    isIgnored: () => false,
    privacyOf: () => "exact",
    accepts: () => false,
  });
  const run = PLANNERS[planner]({
    clock,
    shiftMs: minutes(shiftMin),
    random: seeded(seed + 2_000),
    intake,
    intakeEvents,
    read: () => cloud.read(clock.now()),
    begun: () => underWay++,
    done: () => underWay--,
  });
  const staleness = new Staleness(moments);
  for (let minute = 0; minute < moments.length; minute++) {
    if (cloud.deliveries.has(minute)) {
      await clock.advanceTo(cloud.deliveryAt(minute));
      const receivedAt = clock.now();
      const batch = cloud.delivery(minute, receivedAt);
      const eventId = `event-${minute}`;
      await intake.accept({ eventId, eventType: "VEHICLE_STATE", receivedAt, batch, unusable: null, raw: "" });
    }
    await clock.advanceTo(MONTH_START + minutes(minute + 1) - 1);
    run.tick();
    await settle();
    staleness.sample(intake.state(CAR), minute);
  }
  await run.stop();
  return { calls: run.calls(), staleness };
}

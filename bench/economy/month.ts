import { minutes } from "../../src/lib/duration.ts";
import { Events } from "../../src/lib/events.ts";
import { Intake, type IntakeEvents } from "../../src/vehicle/intake.ts";
import { MONTH_START } from "./car-month.ts";
import { CAR, Cloud, type Webhook } from "./cloud.ts";
import { FastClock, turn } from "./fast-clock.ts";
import { fixed, ours, type PlannerName, rethrow } from "./planners.ts";
import { seeded } from "./random.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { Staleness } from "./staleness.ts";

export interface MonthResult {
  readonly calls: number;
  readonly staleness: Staleness;
}

const PLANNERS = { ours, fixed };

/** One car's month under one planner. The same seed gives both planners the same month. */
export async function runMonth(
  scenario: Scenario,
  webhook: Webhook,
  planner: PlannerName,
  seed: number,
): Promise<MonthResult> {
  const moments = SCENARIOS[scenario](seeded(seed));
  const cloud = new Cloud(moments, webhook, seeded(seed + 1_000));
  let underWay = 0;
  const clock = new FastClock(MONTH_START, () => underWay > 0);
  const intakeEvents = new Events<IntakeEvents>(rethrow);
  const intake = new Intake({
    store: { loadStates: () => new Map(), knowsDelivery: () => false, commit: () => undefined },
    events: intakeEvents,
    isKnown: () => true,
    privacyOf: () => "exact",
    accepts: () => false,
  });
  const run = PLANNERS[planner]({
    clock,
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
    while (underWay > 0) await turn();
    staleness.sample(intake.state(CAR), minute);
  }
  await run.stop();
  return { calls: run.calls(), staleness };
}

import type { Announced } from "../../src/bridge/discovery.ts";
import type { Execution } from "../../src/commands/execution.ts";
import { Events } from "../../src/lib/events.ts";
import type { Plan } from "../../src/scheduler/plan.ts";
import { readEvent } from "../../src/smartcar/events.ts";
import { openStore } from "../../src/store/store.ts";
import { ChargingLog } from "../../src/vehicle/charging-log.ts";
import { vehicleId } from "../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../src/vehicle/intake.ts";
import { car } from "../../test/support/cars.ts";
import { KEY, type Signal, signedDelivery } from "./deliveries.ts";

/** Waiting deliveries that the intake takes without complaint. */
const AT_ONCE = 1_000;

export const fleetId = (n: number) => `vehicle-${n}`;
export const fleetTopic = (n: number) => `car-${n}`;

/**
 * Fills a data folder with so many cars, each with the 22 signals of one delivery and those given, as if the program had
 * run before.
 */
export async function seedFleet(dataDir: string, cars: number, also: readonly Signal[] = []): Promise<void> {
  const store = openStore<Plan, Execution, Announced>(dataDir);
  store.database.start();
  try {
    store.vehicles.saveAll(
      Array.from({ length: cars }, (_, n) =>
        car({ id: vehicleId(fleetId(n)), topic: fleetTopic(n), name: `Car ${n}` }),
      ),
    );
    const events = new Events<IntakeEvents>(rethrow);
    const intake = new Intake({
      store: store.states,
      events,
      isKnown: () => true,
      isIgnored: () => false,
      privacyOf: () => "exact",
      accepts: () => false,
    });
    const charging = new ChargingLog({
      store: store.charging,
      events: new Events(rethrow),
      stateOf: (id) => intake.state(id),
      privacyOf: () => "exact",
    });
    events.on("changed", (change) => charging.observe(change));
    for (let from = 0; from < cars; from += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, cars - from) }, (_, n) => from + n);
      await Promise.all(
        numbers.map((n) => {
          const { body } = signedDelivery(KEY, fleetId(n), 0, also);
          const receivedAt = Date.now();
          const event = readEvent(body, receivedAt);
          if (event.kind !== "vehicle") throw new Error("the bench's delivery is not understood");
          const { head, batch } = event;
          return intake.accept({ ...head, receivedAt, batch, unusable: null, raw: body.toString() });
        }),
      );
    }
  } finally {
    store.database.stop();
  }
}

function rethrow(_event: unknown, error: unknown): never {
  throw error;
}

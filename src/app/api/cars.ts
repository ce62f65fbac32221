import { COMMANDS } from "../../commands/catalogue.ts";
import { type CommandViews, VARIANTS } from "../../commands/view.ts";
import type { CarFacts } from "../../http/car-view.ts";
import { type Cars, pollingView } from "../../http/routes/vehicles.ts";
import type { CommandRow, Polling } from "../../http/schema/vehicles.ts";
import { monthStart } from "../../scheduler/month.ts";
import { staleCodes } from "../../vehicle/freshness.ts";
import type { VehicleId } from "../../vehicle/ids.ts";
import type { Vehicle } from "../../vehicle/vehicle.ts";
import type { ApiSource } from "./source.ts";

/** The cars with all that is known of them. */
export function carsOf(source: ApiSource): Cars {
  const { frame, kept, cars, orders } = source;
  const { intake, charging, store } = kept;
  const { commands } = orders;
  return {
    list: () => cars.directory.list(),
    facts: (vehicle): CarFacts => {
      const state = intake.state(vehicle.id);
      return {
        vehicle,
        state,
        units: frame.config.units,
        stale: staleCodes(state, vehicle.make, cars.pollMs(vehicle.id), frame.clock.now()),
        accepts: (code) => frame.accepts(vehicle.id, code),
        webhookCarries: (code) => (state.carried.has(code) ? true : cars.subscriber.carries(vehicle.id, code)),
        lockEcho: commands.lockEcho(vehicle.id, state),
        energyTotal: charging.energyTotal(vehicle.id),
      };
    },
    commands: (vehicle) => commandRows(commands, vehicle),
    polling: (id) => pollingOf(source, id),
    history: (id, code, from, to, most) => store.states.history(id, code, from, to, most),
    sessions: (id, from, to) => store.charging.list(id, from, to),
  };
}

function pollingOf({ frame, kept, cars }: ApiSource, id: VehicleId): Polling {
  const now = frame.clock.now();
  const perDay = kept.store.ledger.perDay(id, monthStart(now));
  return pollingView(cars.poller.view(id), frame.config.polling.command_reserve, perDay, now);
}

/** Every variant of every command, and why it cannot be given. */
export function commandRows(commands: CommandViews, vehicle: Vehicle): CommandRow[] {
  const capabilities = commands.capabilities(vehicle);
  return VARIANTS.map(({ command, value }) => {
    const spec = COMMANDS[command];
    const variant = spec.variant(value);
    const { car = null, granted = null, allowed = false } = capabilities[variant] ?? {};
    const reason = !vehicle.connected
      ? "The car is no longer connected."
      : !allowed
        ? `Switched off here: add ${spec.allowance(value)} to commands.allow.`
        : granted === false
          ? `The owner has not granted ${spec.permission ?? "it"}: connect the car again and allow it.`
          : car === false
            ? "The car answered before that it cannot do this."
            : null;
    return { variant, command, usable: reason === null, reason };
  });
}

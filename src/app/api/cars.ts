import { COMMANDS, type CommandName } from "../../commands/catalogue.ts";
import type { CommandViews } from "../../commands/view.ts";
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

const VARIANT_COMMANDS: Readonly<Record<string, CommandName>> = {
  lock: "lock",
  unlock: "lock",
  charging_start: "charging",
  charging_stop: "charging",
  charge_port_open: "charge_port",
  charge_port_close: "charge_port",
};

function commandRows(commands: CommandViews, vehicle: Vehicle): CommandRow[] {
  return Object.entries(commands.capabilities(vehicle)).map(([variant, { car, granted, allowed }]) => {
    const command =
      VARIANT_COMMANDS[variant] ??
      (variant.startsWith("charge_schedule") ? "charge_schedule" : (variant as CommandName));
    const allowance = variant === "unlock" ? "unlock" : command;
    const reason = !vehicle.connected
      ? "The car is no longer connected."
      : !allowed
        ? `Switched off here: add ${allowance} to commands.allow.`
        : granted === false
          ? `The owner has not granted ${COMMANDS[command].permission ?? "it"}: connect the car again and allow it.`
          : car === false
            ? "The car answered before that it cannot do this."
            : null;
    return { variant, command, usable: reason === null, reason };
  });
}

import type { JsonValue } from "../lib/json.ts";
import { SerialQueues } from "../lib/serial.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { CommandSpec } from "./catalogue.ts";
import type { CommandRequest } from "./request.ts";

const MAX_WAITING_PER_VEHICLE = 10;

/** A place in a vehicle's queue; a newer value of the same command takes it over. */
export interface Place {
  /** The execution's row. */
  readonly key: number;
  readonly spec: CommandSpec;
  readonly value: JsonValue;
  readonly request: CommandRequest;
  readonly vehicle: Vehicle;
}

/** Accepted commands on their way: one after the other for each vehicle. */
export class CommandQueue {
  readonly #ready: () => Promise<void>;
  readonly #run: (place: Place) => Promise<void>;
  readonly #queues = new SerialQueues<VehicleId>(MAX_WAITING_PER_VEHICLE);
  readonly #places = new Map<string, Place>();

  /**
   * @param ready resolves when a command can leave without waiting for anything; must not reject
   * @param run must not reject
   */
  constructor(ready: () => Promise<void>, run: (place: Place) => Promise<void>) {
    this.#ready = ready;
    this.#run = run;
  }

  /** What a newer value would take the place of. */
  holder(place: Place): Place | undefined {
    return this.#places.get(nameOf(place));
  }

  /** Puts a command at the end, or in the place of an older value; false when too many wait. */
  put(place: Place): boolean {
    const name = nameOf(place);
    const isPosted =
      this.#places.has(name) ||
      this.#queues.post(place.vehicle.id, async () => {
        // Before anything is decided: a login that takes its time makes the command older.
        await this.#ready();
        const holder = this.#places.get(name);
        this.#places.delete(name);
        if (holder !== undefined) await this.#run(holder);
      });
    if (isPosted) this.#places.set(name, place);
    return isPosted;
  }

  /** Resolves when everything put so far has run. */
  drained(): Promise<void> {
    return this.#queues.drained();
  }
}

function nameOf({ vehicle, spec, value }: Place): string {
  return [vehicle.id, spec.name, spec.subject?.(value) ?? ""].join("/");
}

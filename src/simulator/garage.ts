import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Car, Connection } from "./car.ts";
import { buildCar, type CarOptions } from "./car-options.ts";
import { randomUuid } from "./random-id.ts";
import { refuse } from "./refusal.ts";

export interface ConnectedCar {
  readonly car: Car;
  readonly connection: Connection;
}

/** All cars there are, connected or not, by vehicle id. */
export class Garage {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #cars = new Map<string, Car>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  add(options: CarOptions): Car {
    const car = buildCar(options, this.#random, this.#clock.now());
    this.#cars.set(car.vehicleId, car);
    return car;
  }

  remove(vehicleId: string): boolean {
    return this.#cars.delete(vehicleId);
  }

  get(vehicleId: string): Car | undefined {
    return this.#cars.get(vehicleId);
  }

  all(): Car[] {
    return [...this.#cars.values()];
  }

  connected(): ConnectedCar[] {
    return this.all().flatMap((car) => (car.connection === null ? [] : [{ car, connection: car.connection }]));
  }

  /** @throws RefusedCall 404 when there is no such car or nobody connects it. */
  requireConnected(vehicleId: string | undefined): Car {
    const car = this.#cars.get(vehicleId ?? "");
    if (car === undefined || car.connection === null) {
      throw refuse(404, "RESOURCE_NOT_FOUND", "VEHICLE_NOT_FOUND", "The vehicle was not found.");
    }
    return car;
  }

  /** A new connection of the same car, as when its owner signs in again: the connection's id is new, the car's is not. */
  reconnect(car: Car, connectionId = randomUuid(this.#random)): void {
    const now = this.#clock.now();
    car.connection = { id: connectionId, createdAt: now, updatedAt: now };
  }
}

import type { Orders } from "../../http/routes/commands.ts";
import type { SetupView } from "../../http/routes/setup.ts";
import type { TrafficView } from "../../http/routes/traffic.ts";
import type { Cars } from "../../http/routes/vehicles.ts";
import type { Frame } from "../frame.ts";
import type { ShownOf } from "../parts/shown.ts";
import { carsOf } from "./cars.ts";
import { connectLinkOf } from "./connect-link.ts";
import { ordersOf } from "./orders.ts";
import { reportOf } from "./report-facts.ts";
import { setupOf } from "./setup.ts";
import type { ApiSource } from "./source.ts";
import { trafficOf } from "./traffic.ts";

export interface ApiViews {
  readonly cars: Cars;
  readonly orders: Orders;
  readonly traffic: TrafficView;
  readonly setup: SetupView;
}

/** What the API shows and does, out of the program's parts. */
export function apiOf(
  frame: Frame,
  parts: ShownOf,
  doors: Pick<ApiSource, "chain" | "states" | "isProtected">,
): ApiViews {
  const source: ApiSource = { frame, ...parts, ...doors, startedAt: frame.clock.now() };
  const cars = carsOf(source);
  return {
    cars,
    orders: ordersOf(source),
    setup: {
      setup: () => setupOf(source),
      connectLink: (order) => connectLinkOf(source, order),
      check: async () => {
        await source.cars.directory.refresh();
        source.cars.subscriber.checkSoon();
      },
    },
    traffic: { traffic: () => trafficOf(source, cars), report: () => reportOf(source, cars) },
  };
}

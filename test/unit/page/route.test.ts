import { expect, it } from "vitest";
import { routeOf } from "../../../src/page/route.ts";

it.each([
  ["", [""]],
  ["#/", [""]],
  ["#/traffic", ["traffic"]],
  ["#/cars/family-car", ["cars", "family-car"]],
  ["#/cars/caf%C3%A9", ["cars", "café"]],
  ["#/cars/100%", ["cars", "100%"]],
])("%s leads to %j", (hash, route) => {
  expect(routeOf(hash)).toEqual(route);
});

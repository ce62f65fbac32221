import { expect, it } from "vitest";
import type { Reading } from "../../../src/http/schema/vehicles.ts";
import { delayText } from "../../../src/page/cars/delay.ts";

const READING: Reading = {
  name: "battery",
  label: "Battery",
  value: 50,
  unit: "%",
  group: "TractionBattery",
  code: "tractionbattery-stateofcharge",
  source: "webhook",
  oem_updated_at: "2026-01-01T10:00:00.000Z",
  retrieved_at: "2026-01-01T10:11:00.000Z",
  received_at: "2026-01-01T10:12:00.000Z",
  fresh: true,
  error: null,
};

it.each<[Partial<Reading>, string | null]>([
  [{}, "12 min late: 11 at the maker, 1 at Smartcar"],
  [
    { source: "poll", received_at: "2026-01-01T10:56:00.000Z" },
    "56 min late: 11 at the maker, 45 until it was asked for",
  ],
  [{ retrieved_at: "2026-01-01T10:00:10.000Z" }, "12 min late: 12 at Smartcar"],
  [{ retrieved_at: "2026-01-01T10:12:00.000Z" }, "12 min late: 12 at the maker"],
  [{ retrieved_at: null }, "12 min late"],
  [{ received_at: "2026-01-01T10:00:20.000Z" }, null],
  [{ oem_updated_at: null }, null],
  [{ received_at: null }, null],
])("a delay of %o is %j", (changed, said) => {
  expect(delayText({ ...READING, ...changed })).toBe(said);
});

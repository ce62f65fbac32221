import { expect, test } from "vitest";
import { billedRead } from "../../../src/doctor/read-once.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** What the link says after a read that goes wrong as `read` does, and which bookings are left. */
async function failing({ book, read }: { book: () => number; read: () => never }) {
  const bookings = new Set<number>();
  const ledger = {
    book: () => {
      const booking = book();
      bookings.add(booking);
      return booking;
    },
    refund: (booking: number) => void bookings.delete(booking),
    countSince: () => 0,
    ceilingAt: () => null,
    setCeiling: () => undefined,
    lostAt: () => null,
  };
  const link = await billedRead({
    car: { vehicle: car(), state: EMPTY_STATE },
    smartcar: { read: async () => read() },
    ledger,
    limits: { monthly: 500, reserve: 50 },
    clock: new FakeClock(),
    verdict: { kind: "unchecked" },
  });
  return { link, bookings };
}

const refused = (sent: boolean) => (): never => {
  throw new CallError("NO_ANSWER", "no answer came", {
    disposition: "retry",
    scope: "application",
    status: null,
    type: null,
    smartcarCode: null,
    sent,
  });
};

test.each([
  [true, "billed", 1],
  [false, "free", 0],
])("a read that failed, sent: %s, is %s and leaves %i bookings", async (sent, cost, left) => {
  const { link, bookings } = await failing({ book: () => 1, read: refused(sent) });
  expect(link).toMatchObject({
    name: "readings",
    status: "failed",
    cost,
    detail: expect.stringContaining("no answer"),
  });
  expect(bookings.size).toBe(left);
});

test("a read that could not be booked is not made, and costs nothing", async () => {
  const locked = (): never => {
    throw new Error("database is locked");
  };
  const { link } = await failing({ book: locked, read: refused(true) });
  expect(link).toMatchObject({ status: "failed", cost: "free", detail: expect.stringContaining("locked") });
});

import { describe, expect, test } from "vitest";
import { days, seconds } from "../../../src/lib/duration.ts";
import { startSimulator } from "../../support/simulator-harness.ts";

const ID = "veh-1";
const CAR = { vehicleId: ID, signals: { "closure-islocked": { value: true } } };

describe("the application's bucket", () => {
  test("refuses the 121st call and refills two a minute", async () => {
    const harness = await startSimulator();
    for (let i = 0; i < 120; i++) expect((await harness.get("/v3/connections")).status).toBe(200);
    await harness.clock.advance(seconds(10));
    const refused = await harness.get("/v3/connections");
    expect(refused.status).toBe(429);
    expect(refused.body.errors[0]).toMatchObject({
      type: "RATE_LIMIT",
      code: "SMARTCAR_API",
      resolution: { type: "RETRY_LATER" },
    });
    expect(refused.headers.get("retry-after")).toBe("20");
    await harness.clock.advance(seconds(20));
    expect((await harness.get("/v3/webhooks")).status).toBe(200);
    expect((await harness.get("/v3/webhooks")).status).toBe(429);
  });

  test("does not count token requests", async () => {
    const harness = await startSimulator();
    harness.simulator.setLimits({ bucket: 1 });
    await harness.renewToken();
    expect((await harness.get("/v3/connections")).status).toBe(200);
  });
});

describe("the monthly budget", () => {
  test("counts reads and commands of a car, not connections, and ends in 430", async () => {
    const harness = await startSimulator({ cars: [CAR], monthlyBudget: 3 });
    await harness.get("/v3/connections");
    await harness.asOwner("GET", ID, "/signals");
    await harness.asOwner("GET", ID, "/signals/closure-islocked");
    await harness.asOwner("POST", ID, "/commands/security/unlock");
    const spent = await harness.asOwner("GET", ID, "/signals");
    expect(spent.status).toBe(430);
    expect(spent.body.errors[0]).toMatchObject({ type: "BILLING", code: "VEHICLE_REQUEST_LIMIT" });
    expect(harness.simulator.requests().map(({ status, billed }) => [status, billed])).toEqual([
      [200, false],
      [200, false],
      [200, true],
      [200, true],
      [200, true],
      [430, false],
    ]);
  });

  test("begins anew with the month", async () => {
    const harness = await startSimulator({ cars: [CAR], tokenLifetimeS: 10_000_000 });
    harness.simulator.patchCar(ID, { callsUsed: 500 });
    expect((await harness.asOwner("GET", ID, "/signals")).status).toBe(430);
    await harness.clock.advance(days(10));
    expect((await harness.asOwner("GET", ID, "/signals")).status).toBe(200);
    expect(harness.simulator.cars()[0]?.callsUsed).toBe(1);
  });
});

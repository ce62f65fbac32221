import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import type { CarOptions } from "../../../src/simulator/car-options.ts";
import { MODELS } from "../../../src/simulator/living/models.ts";
import type { SimulatorOptions } from "../../../src/simulator/simulator.ts";
import { MANAGEMENT_TOKEN, startCallback } from "../../support/simulator-callback.ts";
import { type Loose, startSimulator } from "../../support/simulator-harness.ts";

const ID = "veh-1";
const SOC = "tractionbattery-stateofcharge";
const CAR: CarOptions = {
  vehicleId: ID,
  userId: "user-1",
  signals: { [SOC]: { value: 57, unit: "percent" }, "closure-islocked": { value: true } },
  signalErrors: { "wheel-tires": { type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" } },
};

/** A simulator whose one car is subscribed to a verified callback that already took the first delivery. */
async function subscribed(options: Partial<SimulatorOptions> = {}) {
  const callback = await startCallback();
  const harness = await startSimulator({ cars: [CAR], ...options });
  const first = harness.next("attempt");
  await harness.simulator.setWebhook({ callbackUrl: callback.url, subscribe: "all" });
  await first;
  return { callback, harness };
}

const soc = (value: number) => ({ body: { value, unit: "percent" } });

describe("VEHICLE_STATE", () => {
  test("is signed over its raw bytes with the management token", async () => {
    const { callback } = await subscribed();
    const { raw = "", headers } = callback.received[0] ?? {};
    expect(headers?.["sc-signature"]).toBe(createHmac("sha256", MANAGEMENT_TOKEN).update(raw).digest("hex"));
    expect(headers?.["content-type"]).toBe("application/json");
    expect(headers?.["user-agent"]).toMatch(/^Smartcar\//);
  });

  test("opens a subscription with FIRST_DELIVERY", async () => {
    const { callback } = await subscribed();
    expect(callback.received[0]?.body.triggers).toEqual([{ type: "FIRST_DELIVERY" }]);
  });

  test("carries all signals, whichever of them changed", async () => {
    const { callback, harness } = await subscribed();
    harness.simulator.setSignal(ID, SOC, soc(58));
    await callback.arrived(2);
    const now = harness.clock.now();
    expect(callback.last?.body).toMatchObject({
      eventId: expect.any(String),
      eventType: "VEHICLE_STATE",
      data: { user: { id: "user-1" }, vehicle: { id: ID, make: "VOLKSWAGEN", mode: "live" } },
      triggers: [{ type: "SIGNAL_UPDATED", signal: { code: SOC, name: "StateOfCharge", group: "TractionBattery" } }],
      meta: {
        version: "4.0",
        deliveryId: expect.any(String),
        deliveredAt: now,
        webhookId: expect.any(String),
        webhookName: expect.any(String),
        mode: "LIVE",
        signalCount: 3,
      },
    });
    const signals: Loose[] = callback.last?.body.data.signals;
    expect(signals.find(({ code }) => code === SOC)).toEqual({
      code: SOC,
      name: "StateOfCharge",
      group: "TractionBattery",
      body: { value: 58, unit: "percent" },
      status: { value: "SUCCESS" },
      meta: { oemUpdatedAt: now, retrievedAt: now },
    });
    expect(signals.find(({ code }) => code === "wheel-tires")).toEqual({
      code: "wheel-tires",
      name: "Tires",
      group: "Wheel",
      status: { value: "ERROR", error: { type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" } },
    });
  });

  test("writes PERMISSION with the code null", async () => {
    const { callback, harness } = await subscribed();
    harness.simulator.patchCar(ID, { revoke: ["read_battery"] });
    harness.simulator.setSignal(ID, "closure-islocked", { body: { value: false } });
    await callback.arrived(2);
    const signals: Loose[] = callback.last?.body.data.signals;
    expect(signals.find(({ code }) => code === SOC).status).toEqual({
      value: "ERROR",
      error: { type: "PERMISSION", code: null },
    });
  });

  test("has a sequence that grows even within a millisecond", async () => {
    const { callback, harness } = await subscribed();
    harness.simulator.setSignal(ID, SOC, soc(58));
    harness.simulator.setSignal(ID, SOC, soc(59));
    const sequences = (await callback.arrived(3)).map(({ body }) => body.meta.sequence);
    expect(new Set(sequences).size).toBe(3);
  });

  test("goes out for triggers only, and carries the chosen data only", async () => {
    const { callback, harness } = await subscribed();
    await harness.simulator.setWebhook({ triggers: [SOC], data: "free" });
    harness.simulator.setSignal(ID, "closure-islocked", { body: { value: false } });
    harness.simulator.setSignal(ID, SOC, soc(60));
    await callback.arrived(2);
    expect(callback.last?.body.triggers[0].signal.code).toBe(SOC);
    expect(callback.last?.body.data.signals.map(({ code }: Loose) => code).sort()).toEqual(["closure-islocked", SOC]);
  });

  test("stays in when the script says so, when disabled, and when not subscribed", async () => {
    const { callback, harness } = await subscribed();
    harness.simulator.setSignal(ID, SOC, soc(61), { deliver: false });
    await harness.simulator.setWebhook({ isEnabled: false });
    harness.simulator.setSignal(ID, SOC, soc(62));
    expect(harness.simulator.deliveries()).toHaveLength(1);
    await harness.simulator.setWebhook({ isEnabled: true });
    await callback.arrived(2);
    expect(callback.last?.body.triggers).toEqual([{ type: "FIRST_DELIVERY" }]);
    harness.simulator.addCar({ vehicleId: "veh-2", signals: { [SOC]: { value: 1, unit: "percent" } } });
    harness.simulator.setSignal("veh-2", SOC, soc(2));
    expect(harness.simulator.deliveries()).toHaveLength(2);
  });

  test("follows a command's effect", async () => {
    const { callback, harness } = await subscribed();
    await harness.asOwner("POST", ID, "/commands/security/unlock");
    await harness.clock.advance(seconds(2));
    await callback.arrived(2);
    expect(callback.last?.body.triggers[0].signal.code).toBe("closure-islocked");
  });

  test("of a moving car comes no more often than every two seconds", async () => {
    const { callback, harness } = await subscribed({ cars: [{ living: "battery" }], speed: 60 });
    await harness.clock.advance(seconds(21));
    const states = await callback.arrived(11);
    // Sent one after the other, but over several connections.
    const times = states.map(({ body }) => body.meta.deliveredAt).sort((a, b) => a - b);
    const gaps = times.slice(2).map((at, index) => at - (times[index + 1] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_000);
    expect(harness.bodyOf(MODELS.battery.identity.vehicleId, SOC).value).toBeGreaterThan(58);
  });
});

describe("retries", () => {
  test("come at 0, 25, 75 and 175 seconds, each with its own delivery id, then never again", async () => {
    const { callback, harness } = await subscribed();
    callback.status = 500;
    const startedAt = harness.clock.now();
    harness.simulator.setSignal(ID, SOC, soc(58));
    for (const wait of [0, 25, 50, 100]) {
      const attempted = harness.next("attempt");
      await harness.clock.advance(seconds(wait));
      await attempted;
    }
    await harness.clock.advance(seconds(600));
    const record = harness.simulator.deliveries().at(-1);
    expect(record?.state).toBe("dropped");
    expect(record?.attempts.map(({ at }) => at - startedAt)).toEqual([0, 25, 75, 175].map(seconds));
    expect(record?.attempts.every(({ status }) => status === 500)).toBe(true);
    const sent = callback.received.slice(1);
    expect(new Set(sent.map(({ body }) => body.eventId)).size).toBe(1);
    expect(new Set(sent.map(({ body }) => body.meta.deliveryId)).size).toBe(4);
    expect(sent.map(({ body }) => body.meta.deliveredAt - startedAt)).toEqual([0, 25, 75, 175].map(seconds));
  });

  test("end with the first success", async () => {
    const { callback, harness } = await subscribed();
    callback.status = 503;
    let attempted = harness.next("attempt");
    harness.simulator.setSignal(ID, SOC, soc(58));
    await attempted;
    callback.status = 204;
    attempted = harness.next("attempt");
    await harness.clock.advance(seconds(25));
    expect((await attempted).state).toBe("delivered");
    expect(harness.clock.pending).toBe(0);
  });

  test("follow an answer that takes longer than 15 seconds, and a redirect", async () => {
    const { callback, harness } = await subscribed();
    callback.status = "hang";
    let attempted = harness.next("attempt");
    harness.simulator.setSignal(ID, SOC, soc(58));
    await callback.arrived(2);
    await harness.clock.advance(seconds(15));
    expect((await attempted).attempts).toEqual([expect.objectContaining({ status: null, error: "TIMEOUT" })]);
    callback.status = "redirect";
    attempted = harness.next("attempt");
    await harness.clock.advance(seconds(10));
    expect(await attempted).toMatchObject({ state: "pending", attempts: [{}, { status: 302 }] });
  });
});

describe("VERIFY", () => {
  test("makes a webhook deliver only when the challenge is answered", async () => {
    const callback = await startCallback();
    callback.token = "not the management token";
    const harness = await startSimulator({ cars: [CAR] });
    const webhook = await harness.simulator.setWebhook({ callbackUrl: callback.url, subscribe: "all" });
    expect(webhook.verified).toBe(false);
    harness.simulator.setSignal(ID, SOC, soc(58));
    expect(harness.simulator.deliveries()).toEqual([]);
    callback.token = MANAGEMENT_TOKEN;
    expect(await harness.simulator.verify()).toMatchObject({ verified: true, status: 200 });
    await callback.arrived(1);
    expect(callback.last?.body.triggers).toEqual([{ type: "FIRST_DELIVERY" }]);
  });

  test.each(["4.0", "bare", "2.0", "top-level"] as const)("is written in the form %s", async (form) => {
    const { harness } = await subscribed();
    expect(await harness.simulator.verify({ form })).toMatchObject({ verified: true });
  });

  test("is asked anew for a new callback address", async () => {
    const { harness } = await subscribed();
    const other = await startCallback();
    other.token = "wrong";
    expect((await harness.simulator.setWebhook({ callbackUrl: other.url })).verified).toBe(false);
  });

  test("is repeated at start until the callback listens", async () => {
    const callback = await startCallback();
    callback.token = "not yet";
    const harness = await startSimulator({ cars: [CAR], webhookUrl: callback.url });
    const verified = harness.next("verified");
    callback.token = MANAGEMENT_TOKEN;
    // The first attempt may still be under way, so time moves on until it has failed and been repeated.
    let done = false;
    void verified.then(() => (done = true));
    while (!done) await harness.clock.advance(seconds(1));
    await callback.arrived(1);
    expect(harness.simulator.webhooks()[0]?.verified).toBe(true);
  });
});

describe("VEHICLE_ERROR", () => {
  test("opens and closes a fault", async () => {
    const { callback, harness } = await subscribed();
    harness.simulator.sendErrors(ID, [
      {
        type: "CONNECTED_SERVICES_ACCOUNT",
        code: "AUTHENTICATION_FAILED",
        state: "ERROR",
        suggestedUserMessage: "Sign in again.",
        resolution: { type: "REAUTHENTICATE", url: "https://connect.example/reauthenticate" },
        signals: ["closure-islocked"],
      },
    ]);
    await callback.arrived(2);
    expect(callback.last?.body).toMatchObject({
      eventType: "VEHICLE_ERROR",
      data: {
        vehicle: { id: ID },
        errors: [
          {
            type: "CONNECTED_SERVICES_ACCOUNT",
            code: "AUTHENTICATION_FAILED",
            state: "ERROR",
            resolution: { type: "REAUTHENTICATE" },
            signals: [{ code: "closure-islocked", group: "Closure", name: "IsLocked" }],
          },
        ],
      },
      meta: { version: "4.0", mode: "LIVE" },
    });
    harness.simulator.sendErrors(ID, [
      { type: "CONNECTED_SERVICES_ACCOUNT", code: "AUTHENTICATION_FAILED", state: "RESOLVED" },
    ]);
    await callback.arrived(3);
    expect(callback.last?.body.data.errors[0].state).toBe("RESOLVED");
  });

  test("goes to the error callback where there is one", async () => {
    const { harness } = await subscribed();
    const errors = await startCallback();
    await harness.simulator.setWebhook({ errorCallbackUrl: errors.url });
    harness.simulator.sendErrors(ID, [{ type: "VEHICLE_STATE", code: "ASLEEP", state: "ERROR" }]);
    await errors.arrived(1);
    expect(errors.last?.body.eventType).toBe("VEHICLE_ERROR");
  });
});

describe("hand-made deliveries", () => {
  test.each([
    ["valid", true],
    ["wrong", false],
    ["none", false],
  ] as const)("can have a signature that is %s", async (signature, isRight) => {
    const { callback, harness } = await subscribed();
    await harness.simulator.deliver({ vehicleId: ID, signature });
    const { raw = "", headers } = callback.last ?? {};
    const right = createHmac("sha256", MANAGEMENT_TOKEN).update(raw).digest("hex");
    expect(headers?.["sc-signature"] === right).toBe(isRight);
    if (signature === "none") expect(headers).not.toHaveProperty("sc-signature");
  });

  test("can be duplicates: same event, same bytes but for the delivery", async () => {
    const { callback, harness } = await subscribed();
    const results = await harness.simulator.deliver({ vehicleId: ID, times: 3 });
    expect(results.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(callback.received.slice(1).map(({ body }) => body.eventId)).size).toBe(1);
  });

  test("arrive in the order of the list, with the times it says", async () => {
    const { callback, harness } = await subscribed();
    const at = harness.clock.now();
    await harness.simulator.deliver(
      ...[3, 1, 2].map((n) => ({
        vehicleId: ID,
        sequence: n,
        signals: [{ code: SOC, ...soc(n), meta: { oemUpdatedAt: at + n } }],
      })),
    );
    const sent = callback.received.slice(1).map(({ body }) => [body.meta.sequence, body.data.signals[0].meta]);
    expect(sent).toEqual([3, 1, 2].map((n) => [n, { oemUpdatedAt: at + n }]));
  });

  test("can be a TEST, without a sequence, or any payload at all", async () => {
    const { callback, harness } = await subscribed();
    await harness.simulator.deliver({ vehicleId: ID, mode: "TEST", sequence: null });
    expect(callback.last?.body.meta.mode).toBe("TEST");
    expect(callback.last?.body.meta).not.toHaveProperty("sequence");
    await harness.simulator.deliver({ payload: { eventType: "NOVELTY" } }, { payload: "not json" });
    expect(callback.received.slice(-2).map(({ raw }) => raw)).toEqual(['{"eventType":"NOVELTY"}', "not json"]);
  });

  test.each([
    ["A", (body: Loose) => [body.data.vehicle.id, body.triggers[0].signal, body.data.signals[0].body.value]],
    ["B", (body: Loose) => [body.data.vehicle.id, dotted(body.triggers[0].signal), body.data.signals[0].body.value]],
    ["C", (body: Loose) => [body.vehicleId, dotted(body.data.triggers[0]), body.data.signals[0].body.value]],
    [
      "D",
      (body: Loose) => [body.data.vehicle.id, dotted(body.data.triggers[0].signal), body.data.signals[0].body.value],
    ],
    [
      "E",
      (body: Loose) => [
        body.data.vehicle.id,
        body.data.triggers[0],
        body.data.signals["TractionBattery.StateOfCharge"].body.value,
      ],
    ],
  ] as const)("come in generation %s", async (generation, read) => {
    const { callback, harness } = await subscribed();
    await harness.simulator.deliver({ vehicleId: ID, generation, signals: [{ code: SOC, ...soc(42) }] });
    expect(read(callback.last?.body)).toEqual([ID, "TractionBattery.StateOfCharge", 42]);
  });

  test("of old generations have their own quirks", async () => {
    const { callback, harness } = await subscribed();
    await harness.simulator.deliver(
      { vehicleId: ID, generation: "A", codes: [SOC] },
      { vehicleId: ID, generation: "C", codes: [SOC], triggers: "FIRST_DELIVERY" },
      { vehicleId: ID, generation: "D", codes: [SOC] },
    );
    const [a, c, d] = callback.received.slice(-3).map(({ body }) => body);
    expect(a.data.signals[0]).not.toHaveProperty("status");
    expect(a.meta).not.toHaveProperty("version");
    expect(c.data.signals[0].meta).toHaveProperty("fetchedAt");
    expect(c.data.triggers).toEqual([{ code: "FIRST_DELIVERY" }]);
    expect(d.data.meta.deliveryTimestamp).toBe(new Date(harness.clock.now()).toISOString());
  });
});

function dotted({ group, name }: { group: string; name: string }): string {
  return `${group}.${name}`;
}

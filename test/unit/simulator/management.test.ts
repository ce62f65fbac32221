import { describe, expect, test } from "vitest";
import { startCallback } from "../../support/simulator-callback.ts";
import { startSimulator } from "../../support/simulator-harness.ts";

const CARS = [
  { vehicleId: "veh-1", userId: "user-1", signals: { "closure-islocked": { value: true } } },
  { vehicleId: "veh-2", userId: "user-2", signals: { "closure-islocked": { value: true } } },
];

async function withWebhook() {
  const callback = await startCallback();
  const harness = await startSimulator({ cars: CARS });
  const webhook = await harness.simulator.setWebhook({ callbackUrl: callback.url, name: "bridge" });
  const subscribe = (vehicleId: string, userId: string, webhookId = webhook.id) =>
    harness.send("POST", "/v3/subscriptions", { body: { data: { attributes: { webhookId, userId, vehicleId } } } });
  return { callback, harness, webhook, subscribe };
}

describe("webhooks", () => {
  test("are listed without saying whether they are verified", async () => {
    const { callback, harness, webhook } = await withWebhook();
    const { body } = await harness.get("/v3/webhooks");
    expect(body.meta).toMatchObject({ pageSize: 50, totalCount: 1 });
    expect(body.data[0]).toMatchObject({
      id: webhook.id,
      type: "webhook",
      attributes: { name: "bridge", callbackUri: callback.url, isEnabled: true, autoSubscribe: false },
    });
    expect(body.data[0].attributes.triggers).toHaveLength(96);
    expect(body.data[0].attributes.data).toContainEqual({
      group: "Closure",
      name: "IsLocked",
      code: "closure-islocked",
    });
    expect(JSON.stringify(body)).not.toContain("verified");
    expect((await harness.get(`/v3/webhooks/${webhook.id}`)).body.data).toEqual(body.data[0]);
    expect((await harness.get("/v3/webhooks/none")).status).toBe(404);
  });

  test.each([
    ["filter[name]=bridge", 1],
    ["filter[name]=other", 0],
    ["filter[callbackUri]=/webhooks", 1],
    ["filter[callbackUri]=elsewhere", 0],
    ["filter[isEnabled]=false", 0],
    ["filter[autoSubscribe]=false", 1],
  ])("are filtered by %s", async (query, count) => {
    const { harness } = await withWebhook();
    expect((await harness.get(`/v3/webhooks?${query}`)).body.data).toHaveLength(count);
  });
});

describe("subscriptions", () => {
  test("are made with 202, once, and open with a first delivery", async () => {
    const { callback, harness, subscribe } = await withWebhook();
    const made = await subscribe("veh-1", "user-1");
    expect(made.status).toBe(202);
    expect(made.body).toEqual({ meta: { message: expect.any(String) } });
    await callback.arrived(1);
    expect(callback.last?.body).toMatchObject({
      data: { vehicle: { id: "veh-1" } },
      triggers: [{ type: "FIRST_DELIVERY" }],
    });
    expect((await subscribe("veh-1", "user-1")).status).toBe(409);
    expect((await harness.get("/v3/subscriptions")).body.meta).toMatchObject({ pageSize: 25, totalCount: 1 });
  });

  test("are refused for what does not fit together", async () => {
    const { harness, subscribe } = await withWebhook();
    expect((await subscribe("veh-1", "user-1", "none")).status).toBe(404);
    expect((await subscribe("veh-9", "user-1")).status).toBe(404);
    expect((await subscribe("veh-1", "user-2")).status).toBe(403);
    expect((await harness.send("POST", "/v3/subscriptions", { body: {} })).status).toBe(400);
  });

  test("are filtered, read and deleted", async () => {
    const { harness, webhook, subscribe } = await withWebhook();
    await subscribe("veh-1", "user-1");
    await subscribe("veh-2", "user-2");
    const { body } = await harness.get("/v3/subscriptions?filter[vehicleId]=veh-2");
    expect(body.data).toHaveLength(1);
    const [subscription] = body.data;
    expect(subscription.relationships).toMatchObject({
      webhook: { data: { id: webhook.id } },
      user: { data: { id: "user-2" } },
      vehicle: { data: { id: "veh-2" } },
    });
    expect((await harness.get("/v3/subscriptions?filter[vehicle.mode]=simulated")).body.data).toEqual([]);
    const path = `/v3/subscriptions/${subscription.id}`;
    expect((await harness.get(path)).body.data).toEqual(subscription);
    expect((await harness.send("DELETE", path)).status).toBe(204);
    expect((await harness.get(path)).status).toBe(404);
  });

  test("come by themselves for new cars when the webhook says so, and go with the connection", async () => {
    const { callback, harness } = await withWebhook();
    await harness.simulator.setWebhook({ autoSubscribe: true });
    harness.simulator.addCar({ vehicleId: "veh-3", signals: { "closure-islocked": { value: true } } });
    await callback.arrived(1);
    expect(callback.last?.body.data.vehicle.id).toBe("veh-3");
    harness.simulator.patchCar("veh-3", { connect: false });
    expect((await harness.get("/v3/subscriptions")).body.data).toEqual([]);
  });
});

import { expect, test } from "vitest";
import { readConnection } from "../../src/smartcar/connection.ts";
import { readSignals } from "../../src/smartcar/normalise.ts";
import { readSubscription, readWebhook } from "../../src/smartcar/webhook-list.ts";
import { ConnectionItem, Page, SubscriptionItem, VehicleAttributes, WebhookItem } from "../../src/smartcar/wire.ts";
import { type Loose, startSimulator } from "../support/simulator-harness.ts";

// The simulator shares no code with the client, so what they share, the wire format, is held here: what the one writes,
// the other's schemas must read whole, with nothing skipped and nothing missing.

const living = [{ living: "battery" }, { living: "hybrid" }, { living: "petrol" }] as const;

async function pageOf(reply: Promise<{ status: number; body: Loose }>): Promise<unknown[]> {
  const { status, body } = await reply;
  expect(status).toBe(200);
  const page = Page.parse(body);
  expect(page.meta?.totalCount).toBe(page.data.length);
  return page.data;
}

test("the client's schemas read every connection, car and signal that the simulator writes", async () => {
  const harness = await startSimulator({ cars: living });
  const connections = await pageOf(harness.get("/v3/connections?page[size]=50"));
  expect(connections).toHaveLength(3);
  for (const item of connections) {
    ConnectionItem.parse(item);
    expect(readConnection(item)).toMatchObject({ make: expect.any(String), permissions: expect.arrayContaining([]) });
  }
  for (const { vehicleId } of harness.simulator.cars()) {
    const vehicle = await harness.get(`/v3/vehicles/${vehicleId}`);
    expect(vehicle.body.data.id).toBe(vehicleId);
    expect(VehicleAttributes.parse(vehicle.body.data.attributes)).toMatchObject({ make: expect.any(String) });
    const signals = await pageOf(harness.asOwner("GET", vehicleId, "/signals"));
    const at = harness.clock.now();
    const read = readSignals(signals, { source: "poll", receivedAt: at, toldAt: at, sequence: null });
    expect(read?.skipped).toBe(0);
    expect(read?.observations).toHaveLength(signals.length);
    expect(read?.observations.filter(({ error }) => error?.type === "BRIDGE")).toEqual([]);
  }
});

test("the client's schemas read every webhook and subscription that the simulator writes", async () => {
  const harness = await startSimulator({ cars: living });
  await harness.simulator.setWebhook({ callbackUrl: "http://127.0.0.1:9/webhooks/smartcar", subscribe: "all" });
  const webhooks = await pageOf(harness.get("/v3/webhooks"));
  for (const item of webhooks) {
    WebhookItem.parse(item);
    expect(readWebhook(item)?.triggers.length).toBeGreaterThan(0);
  }
  expect(webhooks).toHaveLength(1);
  const subscriptions = await pageOf(harness.get("/v3/subscriptions"));
  expect(subscriptions).toHaveLength(3);
  for (const item of subscriptions) {
    SubscriptionItem.parse(item);
    expect(readSubscription(item)).toMatchObject({ webhookId: expect.any(String), vehicleId: expect.any(String) });
  }
});

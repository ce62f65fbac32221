import { describe, expect, it } from "vitest";
import { WebhookWatch } from "../../../src/app/webhook-watch.ts";
import { minutes } from "../../../src/lib/duration.ts";
import type { DeliveryRecord } from "../../../src/smartcar/webhook.ts";
import type { WebhookVerdict } from "../../../src/vehicle/subscriber.ts";

function bench(verdict: WebhookVerdict, subscribed = false) {
  let looks = 0;
  const watch = new WebhookWatch({ verdict, isSubscribed: () => subscribed, checkSoon: () => looks++ });
  const note = (record: Partial<DeliveryRecord>) =>
    watch.note({
      at: 0,
      outcome: "accepted",
      cause: null,
      eventId: null,
      eventType: null,
      vehicleId: null,
      bytes: 1,
      ...record,
    });
  return { note, looks: () => looks };
}

const MISSING: WebhookVerdict = { kind: "missing", expected: "https://a.example", found: [] };

describe("WebhookWatch", () => {
  it("looks when the webhook is verified, but not at every stranger's word", () => {
    const { note, looks } = bench(MISSING);
    for (const at of [0, 1_000, 59_000]) note({ outcome: "verified", at });
    expect(looks()).toBe(1);
    note({ outcome: "verified", at: minutes(1) });
    expect(looks()).toBe(2);
    note({ outcome: "refused", at: minutes(9) });
    expect(looks()).toBe(2);
  });

  it("looks once when a car delivers that was not subscribed yet", () => {
    const { note, looks } = bench(MISSING);
    note({ vehicleId: "a" });
    note({ vehicleId: "a" });
    expect(looks()).toBe(1);
    const known = bench(MISSING, true);
    known.note({ vehicleId: "a" });
    expect(known.looks()).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { report } from "../../../src/app/api/report.ts";
import type { Setup } from "../../../src/http/schema/setup.ts";
import type { Traffic } from "../../../src/http/schema/traffic.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { userId } from "../../../src/vehicle/ids.ts";
import { car } from "../../support/cars.ts";

const CAR = car({ name: "Anna's car", userId: userId("owner-canary") });
const SECRET = "canary-secret-4711";
const VIN = "WVWZZZE1ZMP012345";
const PLACES = ["50.1109", "8.6821"];

const SETUP: Setup = {
  version: "1.2.3",
  started_at: "2026-01-01T00:00:00.000Z",
  mode: "live",
  units: "metric",
  password: true,
  boxes: [{ key: "smartcar.client_id", env: "SMARTCAR_CLIENT_ID", set: true, ok: true, detail: "is set", fix: null }],
  webhook: { url: null, path: "/webhooks/smartcar", public_port: 8088, triggers: [], signals: [] },
  connect: { possible: false, fix: null, redirect_uri: null },
  homeassistant: { enabled: true, discovery_prefix: "homeassistant" },
  base_topic: "smartcar",
  privacy: "exact",
};

const TRAFFIC: Traffic = {
  webhook: {
    accepted: 7,
    duplicates: 0,
    quarantined: 0,
    failed: 0,
    verified: 1,
    refused: 2,
    last_accepted_at: null,
    last_verified_at: null,
    last_refusal: "wrong key",
  },
  deliveries: [
    {
      at: "2026-01-01T00:00:01.000Z",
      outcome: "accepted",
      cause: null,
      event_id: "event-1",
      event_type: "VEHICLE_STATE",
      vehicle_id: CAR.id,
      bytes: 10,
    },
  ],
  quarantine: [],
  calls: [
    {
      at: "2026-01-01T00:00:02.000Z",
      method: "GET",
      path: `/v3/vehicles/${CAR.id}/signals`,
      status: 429,
      request_id: "request-77",
      duration_ms: 12,
      error: null,
    },
  ],
  polls: [],
  plans: [],
  mqtt: {
    state: "waiting",
    detail: `refused by https://broker.family.example/ for ${SECRET}`,
    since: "2026-01-01T00:00:00.000Z",
    broker: "mqtt://broker.family.example:1883",
    topics: 1,
    pending: 0,
    published: 1,
    failed: 0,
    denied: 0,
  },
  application_calls: 100,
};

describe("the report", () => {
  it("tells what happened, and nothing that names a car, a person, a place or a machine", () => {
    const redactor = new Redactor();
    redactor.add(SECRET);
    const detail = `${CAR.name} ${CAR.topic} ${CAR.userId} ${VIN} at ${PLACES.join(", ")} via https://cars.family.example/x in /home/anna/data`;
    const text = report({
      setup: SETUP,
      uptimeS: 5,
      memoryMb: 80,
      links: [{ name: "token", status: "failed", cost: "free", detail, fix: null }],
      traffic: TRAFFIC,
      cars: [{ vehicle: CAR, signals: [] }],
      clean: (each) => redactor.clean(each),
      names: ["broker.family.example"],
    });
    for (const canary of [SECRET, VIN, ...PLACES, CAR.id, CAR.userId, CAR.topic, "family.example", "anna", "Anna"]) {
      expect(text, canary).not.toContain(canary);
    }
    expect(text).toContain("car-1: VOLKSWAGEN ID.4 2023 BEV");
    expect(text).toContain("✗ token");
    expect(text).toContain("GET /v3/vehicles/car-1/signals | 429 | request-77");
    expect(text).toContain('"last_refusal":"wrong key"');
    expect(text).toContain("Version 1.2.3");
  });
});

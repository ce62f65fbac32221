import { readdirSync, readFileSync } from "node:fs";
import { GENERATIONS, statePayload } from "../../src/simulator/event-payload.ts";
import { stillCarOf } from "./still.ts";

const FIXTURES = new URL("../../test/fixtures/", import.meta.url);
const file = (name: string) => readFileSync(new URL(name, FIXTURES), "utf8");
const smartcar = readdirSync(new URL("smartcar/", FIXTURES)).filter((name) => name.endsWith(".json"));

interface CatalogueRow {
  readonly code: string;
  readonly body: object;
}
const catalogue = JSON.parse(file("signals/catalogue.json")) as CatalogueRow[];

const AT = Date.UTC(2026, 5, 1, 8);

/** Every body Smartcar has been seen or said to send: recorded ones, and each generation with every signal we know. */
export const WEBHOOK_BODIES: readonly string[] = [
  ...smartcar.filter((name) => /^(state|error|test|verify|v2)/.test(name)).map((name) => file(`smartcar/${name}`)),
  ...GENERATIONS.flatMap((generation) =>
    slices(catalogue, 12).map((rows, index) =>
      JSON.stringify(
        statePayload(
          generation,
          {
            eventId: `ev-${generation}-${index}`,
            car: stillCarOf("veh-1"),
            signals: rows.map(({ code, body }) => ({
              code,
              body: body as never,
              status: "SUCCESS",
              error: null,
              meta: null,
              oemUpdatedAt: AT + index,
              retrievedAt: AT + 5_000,
              ingestedAt: AT + 6_000,
            })),
            triggers: index === 0 ? "FIRST_DELIVERY" : rows.slice(0, 2).map(({ code }) => code),
          },
          {
            deliveryId: "d",
            deliveredAt: AT + 7_000,
            webhookId: "w",
            webhookName: "bridge",
            mode: "LIVE",
            sequence: index,
          },
        ),
      ),
    ),
  ),
];

/** A list of signals as the vehicle API answers it. */
export const SIGNALS_ANSWERS: readonly string[] = [
  file("smartcar/signals.json"),
  ...slices(catalogue, 15).map((rows) =>
    JSON.stringify({
      data: rows.map(({ code, body }) => ({
        id: code,
        type: "signal",
        attributes: { code, name: "X", group: "Y", status: { value: "SUCCESS" }, body },
        meta: { oemUpdatedAt: AT, retrievedAt: new Date(AT).toISOString() },
      })),
      meta: { totalCount: rows.length, pageSize: 100, pageNumber: 1 },
      links: { self: "x", next: null },
    }),
  ),
];

/** Everything else Smartcar answers. */
export const OTHER_ANSWERS: readonly string[] = [
  JSON.stringify({
    data: [
      {
        id: "con-1",
        type: "connection",
        attributes: { permissions: ["read_battery"], vehicle: { id: "veh-1", make: "VW", model: "ID.4", year: 2023 } },
        relationships: { vehicle: { data: { id: "veh-1" } }, user: { data: { id: "user-1" } } },
      },
    ],
    meta: { totalCount: 1, pageNumber: 1 },
    links: { next: null },
  }),
  JSON.stringify({
    data: [
      {
        id: "wh-1",
        attributes: {
          name: "bridge",
          callbackUri: "https://cars.example.org/webhooks/smartcar",
          isEnabled: true,
          triggers: [{ code: "odometer-traveleddistance" }],
          data: ["Odometer.TraveledDistance"],
        },
      },
    ],
  }),
  JSON.stringify({
    data: [{ id: "sub-1", relationships: { webhook: { data: { id: "wh-1" } }, vehicle: { data: { id: "veh-1" } } } }],
  }),
  JSON.stringify({
    data: { id: "veh-1", attributes: { make: "VW", model: "ID.4", year: 2023, powertrainType: "BEV" } },
  }),
  JSON.stringify({ access_token: "0123456789abcdef", token_type: "Bearer", expires_in: 3600 }),
  JSON.stringify({ error: "invalid_client", error_description: "no" }),
  JSON.stringify({ data: { attributes: { status: { value: "SUCCESS" } } } }),
  JSON.stringify({
    errors: [
      {
        status: "409",
        type: "VEHICLE_STATE",
        code: "ASLEEP",
        title: "asleep",
        detail: "the car sleeps",
        resolution: { type: "REAUTHENTICATE", url: "https://connect.smartcar.com/" },
        suggestedUserMessage: "wake it",
        meta: { requestId: "r" },
      },
    ],
  }),
  JSON.stringify({
    statusCode: 430,
    type: "BILLING",
    code: "VEHICLE_REQUEST_LIMIT",
    description: "used up",
    resolution: null,
  }),
];

/** What people publish on `B/V/<command>/set`. */
export const COMMAND_PAYLOADS: readonly string[] = [
  '"LOCK"',
  '"UNLOCK"',
  "true",
  "80",
  '"PRESS"',
  '{"value":"LOCK","id":"abc","at":"2026-11-21T12:00:00.000Z"}',
  '{"value":80,"id":7}',
  '{"latitude":50.1,"longitude":8.6}',
  '{"value":{"latitude":50.1,"longitude":8.6},"id":"d"}',
  '{"type":"daily","startTime":"22:00","endTime":"06:00","location":{"latitude":1,"longitude":2}}',
  '{"type":"weekly","days":[{"day":"MONDAY","start":"22:00"}]}',
  '{"delete":"schedule-1","id":"x"}',
];

/** What people publish on `B/bridge/request/<name>`. */
export const REQUEST_BODIES: readonly string[] = [
  "{}",
  '{"id":"r1"}',
  '{"vehicle":"volkswagen-id-4"}',
  '{"id":1,"mode":"auto","charging_interval":"15m","idle_interval":"6h"}',
  '{"vehicle":"volkswagen-id-4","idle_interval":"1d"}',
  '{"level":"warn"}',
];

function slices<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

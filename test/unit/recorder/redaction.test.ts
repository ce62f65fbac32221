import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../src/lib/json.ts";
import { callPath } from "../../../src/recorder/call-path.ts";
import { Pseudonyms } from "../../../src/recorder/pseudonyms.ts";
import { OUR_CALLBACK, Redaction } from "../../../src/recorder/redaction.ts";

const KEY = Buffer.alloc(32, 7);
const OURS = "https://bridge.example.org/webhooks/smartcar";
const names = () => new Pseudonyms(KEY);
const redaction = () => new Redaction(names(), { callbackUrl: OURS, places: "moved" });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const FIXTURES = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/signals/catalogue.json"), "utf8"),
) as { code: string; case: string; body: JsonObject }[];

/** Signals of which something must go. */
const TOUCHED = [
  "charge-chargerecords",
  "charge-chargetimers",
  "location-preciselocation",
  "service-records",
  "vehicleidentification-nickname",
  "vehicleidentification-vin",
  "vehicleuseraccount-permissions",
  "vehicleuseraccount-role",
];

describe("pseudonyms", () => {
  it("are the same for the same, of the right shape, and another with another key", () => {
    const [one, two] = [names(), new Pseudonyms(Buffer.alloc(32, 8))];
    expect(one.id("vehicle-a")).toMatch(UUID);
    expect(one.id("vehicle-a")).toBe(names().id("vehicle-a"));
    expect(one.id("vehicle-a")).not.toBe(one.id("vehicle-b"));
    expect(one.id("vehicle-a")).not.toBe(two.id("vehicle-a"));
    expect(one.vin("WVWZZZE1ZMP012345")).toMatch(/^[A-HJ-NPR-Z0-9]{17}$/);
    expect(one.vin("wvwzzze1zmp012345")).toBe(one.vin("WVWZZZE1ZMP012345"));
    expect(one.text("Anna")).not.toBe(one.text("Berta"));
    expect(one.text("")).toBe("");
  });

  it("move all places together to the open sea, to about a kilometre", () => {
    const places = names();
    expect(places.place({ latitude: 50.110_922, longitude: 8.682_126 })).toEqual({ latitude: 30, longitude: -40 });
    expect(places.place({ latitude: 50.210_922, longitude: 8.662_126 })).toEqual({ latitude: 30.1, longitude: -40.02 });
    expect(places.place({ latitude: 0, longitude: 0 })).toEqual({ latitude: 0, longitude: 0 });
  });

  it("keep every place on the globe", () => {
    const degrees = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    const place = fc.record({ latitude: degrees(90), longitude: degrees(180) });
    fc.assert(
      fc.property(place, place, (first, second) => {
        const places = names();
        places.place(first);
        const { latitude, longitude } = places.place(second);
        expect(Math.abs(latitude)).toBeLessThanOrEqual(90);
        expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
      }),
    );
  });
});

describe("of a signal of the catalogue", () => {
  const usual = FIXTURES.filter(
    ({ code, body }) => !TOUCHED.includes(code) && !/"latitude"|"description":"/.test(JSON.stringify(body)),
  );

  it.each(usual.map(({ code, case: name, body }) => [`${code}, ${name}`, code, body] as const))(
    "everything stays: %s",
    (_, code, body) => {
      expect(redaction().body(code, body)).toEqual(body);
    },
  );

  it("free text goes", () => {
    const body = { status: "ALERT", description: "Sensor front left, seen by Anna" };
    expect(redaction().body("diagnostics-abs", body)).toEqual({
      status: "ALERT",
      description: expect.stringMatching(/^text-[0-9a-f]{8}$/),
    });
  });

  it("the place is moved and everything else beside it kept", () => {
    const body = {
      latitude: 50.110_922,
      longitude: 8.682_126,
      heading: 132,
      locationType: "LAST_PARKED",
      altitude: 112.5,
    };
    expect(redaction().body("location-preciselocation", body)).toEqual({
      latitude: 30,
      longitude: -40,
      heading: 132,
      locationType: "LAST_PARKED",
      altitude: null,
    });
  });

  it("with places left out nothing of them stays, not even whether it is at home", () => {
    const strict = new Redaction(names(), { callbackUrl: null, places: "left out" });
    expect(strict.body("location-isathome", { value: true })).toBeNull();
    expect(strict.body("location-preciselocation", { latitude: 50.1, longitude: 8.6, heading: 132 })).toBeNull();
    const signals = [
      { code: "location-isathome", body: { value: true } },
      {
        code: "charge-chargerecords",
        body: { values: [{ energyAdded: 21.4, location: { latitude: 50.1, longitude: 8.6 } }] },
      },
    ];
    expect(strict.document({ signals })).toEqual({
      signals: [
        { code: "location-isathome", body: null },
        { code: "charge-chargerecords", body: { values: [{ energyAdded: 21.4, location: null }] } },
      ],
    });
    expect(strict.payload('{"latitude":50.1,"longitude":8.6}')).toEqual({ latitude: null, longitude: null });
  });

  it("VIN and nickname are replaced", () => {
    const vin = redaction().body("vehicleidentification-vin", { value: "WVWZZZE1ZMP012345" }) as JsonObject;
    expect(vin["value"]).toMatch(/^[A-HJ-NPR-Z0-9]{17}$/);
    expect(vin["value"]).not.toBe("WVWZZZE1ZMP012345");
    const nickname = redaction().body("vehicleidentification-nickname", { value: "Annas Flitzer" }) as JsonObject;
    expect(nickname["value"]).toMatch(/^text-[0-9a-f]{8}$/);
  });

  it("charge records keep their numbers and times, not where and with whom", () => {
    const record = {
      id: "rec-1",
      startTime: "2026-05-01T20:00:00Z",
      energyAdded: 21.4,
      chargingType: "AC",
      location: { name: "Home", address: "Zeil 1", latitude: 50.1109, longitude: 8.6821, postalCode: 60_313 },
      cost: { currency: "EUR", energyAmount: 6.2 },
    };
    const { values } = redaction().body("charge-chargerecords", { values: [record] }) as { values: JsonObject[] };
    const [kept] = values;
    expect(kept).toMatchObject({
      startTime: "2026-05-01T20:00:00Z",
      energyAdded: 21.4,
      chargingType: "AC",
      cost: { currency: "EUR", energyAmount: 6.2 },
      location: { latitude: 30, longitude: -40, postalCode: 0 },
    });
    expect(JSON.stringify(kept)).not.toMatch(/Home|Zeil|rec-1/);
  });
});

describe("of a signal nobody knows", () => {
  it("numbers lose what could make them a place, and words go", () => {
    const body = {
      value: 50.110_922,
      list: [8.682_126, 50.110_922],
      text: "8.682126,50.110922",
      name: "Anna",
      phone: 491_701_234_567,
      microdegrees: 50_110_922,
      on: true,
      at: "2026-05-01T20:00:00Z",
      unit: "km",
    };
    const kept = redaction().body("trip-start", body);
    expect(kept).toMatchObject({
      value: 50,
      list: [8, 50],
      phone: 0,
      microdegrees: 0,
      on: true,
      at: "2026-05-01T20:00:00Z",
      unit: "km",
    });
    expect(JSON.stringify(kept)).not.toMatch(/Anna|\.11|682126/);
  });
});

describe("of an envelope", () => {
  it("ids become others, the same everywhere, and links go", () => {
    const id = "0a1b2c3d-1111-4222-8333-444455556666";
    const json = {
      data: {
        id,
        vehicle: { id },
        relationships: {
          vehicle: { data: { id, type: "vehicle" } },
          user: { data: { id: "auth0|anna", type: "user" } },
        },
        ids: [id],
        accountId: 4711,
      },
      links: { self: `https://vehicle.api.smartcar.com/v3/vehicles/${id}` },
    };
    const kept = redaction().document(json) as Record<string, JsonObject>;
    const fake = names().id(id);
    expect(kept).toMatchObject({
      data: {
        id: fake,
        vehicle: { id: fake },
        relationships: {
          vehicle: { data: { id: fake, type: "vehicle" } },
          user: { data: { id: names().id("auth0|anna") } },
        },
        ids: [fake],
      },
    });
    expect(kept).not.toHaveProperty("links");
    expect(kept["data"]?.["accountId"]).not.toBe(4711);
  });

  it("our callback is told from others, whose names nobody learns", () => {
    const webhook = (callbackUri: string) => ({ attributes: { name: "Annas webhook", callbackUri, isEnabled: true } });
    const [ours, other] = redaction().document([webhook(OURS), webhook("https://evil.example/x")]) as JsonObject[];
    expect(ours).toMatchObject({ attributes: { callbackUri: OUR_CALLBACK, isEnabled: true } });
    expect(JSON.stringify(other)).not.toContain("evil");
    expect(JSON.stringify(other)).not.toContain("Annas");
  });

  it("Smartcar's words of an error stay, its sentences go", () => {
    const error = {
      status: "403",
      type: "CONNECTED_SERVICES_ACCOUNT",
      code: "AUTHENTICATION_FAILED",
      detail: "anna@example.org must sign in",
      suggestedUserMessage: "Dear Anna",
      resolution: { type: "REAUTHENTICATE", url: "https://connect.smartcar.com/?user=anna" },
    };
    const kept = redaction().document({ errors: [error], statusCode: 403, requestId: "r-1" });
    expect(kept).toMatchObject({
      errors: [
        {
          status: "403",
          type: "CONNECTED_SERVICES_ACCOUNT",
          code: "AUTHENTICATION_FAILED",
          resolution: { type: "REAUTHENTICATE" },
        },
      ],
      statusCode: 403,
    });
    expect(JSON.stringify(kept).toLowerCase()).not.toContain("anna");
  });

  it.each<[string, JsonValue]>([
    ["a VIN as a member's name", { WVWZZZE1ZMP012345: 1 }],
    ["a VIN in a word", { model: "ID.4 WVWZZZE1ZMP012345" }],
    ["a VIN as a type", { type: "WVWZZZE1ZMP012345" }],
    ["a telephone number as a member's name", { "+49 170 1234567": true }],
    ["a key as a word", { status: "sk_live_4eC39HqLyjWDarjtT1" }],
    ["a place in a word", { value: "50.110922,8.682126", unit: "50.110922;8.682126" }],
    ["half a place", { latitude: 50.110_922, longitude: "east" }],
    ["a place as a list", { coordinates: [50.110_922, 8.682_126] }],
    ["a place below a name that tells so", { location: { x: 50.110_922, y: 8.682_126 } }],
    ["a telephone number as a word", { model: "+49 170 123 456 7", type: "01701234567" }],
    [
      "a place as a list in a signal",
      { code: "charge-chargerecords", body: { values: [{ spot: [50.110_922, 8.682_126] }] } },
    ],
    ["an inherited member", JSON.parse('{"__proto__": {"latitude": 50.110922, "owner": "Anna"}}')],
  ])("%s is not kept", (_, json) => {
    const kept = JSON.stringify(redaction().document(json));
    expect(kept).not.toMatch(/WVWZZZ|1234567|4eC39|110922|682126|Anna/);
  });

  const NAMES =
    "id code name group type status value values unit body signals vehicle user meta location model version";
  const CANARIES = [
    "WVWZZZE1ZMP012345",
    "0a1b2c3d-1111-4222-8333-444455556666",
    "anna@example.org",
    "+49 170 1234567",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0",
    "50.110922,8.682126",
    "https://anna.example.org/x",
    "anna.example.org",
    "c1ient-secret-4711-abc",
  ];
  const { document } = fc.letrec<{ document: JsonValue }>((tie) => ({
    document: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<JsonValue>(...CANARIES, "tractionbattery-stateofcharge", 50.110_922, true, null),
      fc.array(tie("document"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...NAMES.split(" "), ...CANARIES), tie("document"), { maxKeys: 5 }),
    ),
  }));

  it("nothing private is kept, whatever stands wherever", () => {
    fc.assert(
      fc.property(document, (json) => {
        const kept = JSON.stringify(redaction().document(json));
        for (const canary of CANARIES) expect(kept).not.toContain(canary);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("of a command", () => {
  it.each<[string, JsonValue]>([
    ["LOCK", "LOCK"],
    ["true", true],
    ["80", 80],
    ['{"value":"UNLOCK","at":"2026-05-01T20:00:00Z"}', { value: "UNLOCK", at: "2026-05-01T20:00:00Z" }],
    ['{"latitude":50.1109,"longitude":8.6821}', { latitude: 30, longitude: -40 }],
    [
      '{"type":"daily","startTime":"22:00","location":{"latitude":50.1,"longitude":8.6}}',
      { type: "daily", startTime: "22:00", location: { latitude: 30, longitude: -40 } },
    ],
    ['{"mode":"never","charging_interval":"15m"}', { mode: "never", charging_interval: "15m" }],
    ['{"value":80.5}', { value: 80.5 }],
    ['{"y":50.1109,"x":8.6821}', { y: 50, x: 8 }],
    ['{"value":491701234567}', { value: 0 }],
  ])("%s is understood", (payload, kept) => {
    expect(redaction().payload(payload)).toEqual(kept);
  });

  it("other words are replaced", () => {
    expect(redaction().payload("Annas secret")).toMatch(/^text-/);
    expect(JSON.stringify(redaction().payload('{"value":"Anna","id":"anna-1","vehicle":"annas-car"}'))).not.toMatch(
      /anna/i,
    );
  });
});

describe("of a call's path", () => {
  it.each([
    ["/v3/vehicles/vehicle-a/signals", `/v3/vehicles/${names().id("vehicle-a")}/signals`],
    ["/proxy/secret/v3/connections", "/v3/connections"],
    ["/v3/vehicles/a%20b/commands/security/lock", `/v3/vehicles/${names().id("a b")}/commands/security/lock`],
    ["/v3/vehicles/v/charge-schedules/daily", `/v3/vehicles/${names().id("v")}/charge-schedules/daily`],
    [
      "/v3/vehicles/v/charge-schedules/sched_1",
      `/v3/vehicles/${names().id("v")}/charge-schedules/${names().id("sched_1")}`,
    ],
    ["/oauth2/token", "/oauth2/token"],
    ["/somewhere/else", "/…"],
  ])("%s", (path, kept) => {
    expect(callPath(path, redaction())).toBe(kept);
  });
});

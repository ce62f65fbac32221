import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { type LocationPrivacy, privateText, withPrivacy } from "../../../src/vehicle/privacy.ts";
import { batch, failure, observation } from "../../support/observations.ts";

const soften = (level: LocationPrivacy, body: JsonObject, code = "windscreen-cracks") =>
  withPrivacy(batch([observation({ code: signalCode(code), body })]), level).observations.map((kept) => kept.body);

const EXACT = { latitude: 50.110924, longitude: 8.682127, heading: 132 };
const RECORD = { values: [{ location: { name: "Home", address: "Main 1", ...EXACT }, energy: 12.3456 }] };

describe("privacy.location", () => {
  it("exact leaves everything as it came", () => {
    const all = batch([observation({ body: EXACT }), failure()]);
    expect(withPrivacy(all, "exact")).toBe(all);
    expect(privateText("no json", "exact")).toBe("no json");
  });

  it("rounded keeps about a kilometre, everywhere", () => {
    expect(soften("rounded", EXACT, "location-preciselocation")).toEqual([
      { latitude: 50.11, longitude: 8.68, heading: 132 },
    ]);
    expect(soften("rounded", RECORD)).toEqual([
      { values: [{ location: { name: "Home", latitude: 50.11, longitude: 8.68, heading: 132 }, energy: 12.3456 }] },
    ]);
  });

  it("off drops the location, and places inside of other signals", () => {
    expect(soften("off", EXACT, "location-preciselocation")).toEqual([]);
    expect(soften("off", RECORD)).toEqual([{ values: [{ energy: 12.3456 }] }]);
    expect(soften("off", { condition: EXACT })).toEqual([{ condition: { heading: 132 } }]);
  });

  it.each<[JsonObject, JsonObject]>([
    [{ coordinates: [8.682127, 50.110924] }, { coordinates: [8.68, 50.11] }],
    [
      { location: { type: "Point", coordinates: [8.682127, 50.110924] } },
      { location: { type: "Point", coordinates: [8.68, 50.11] } },
    ],
    [{ position: "50.110924,8.682127" }, { position: null }],
    [
      { homeLatitude: 50.110924, gps_longitude: "8.682127" },
      { homeLatitude: 50.11, gps_longitude: 8.68 },
    ],
    [{ lat: ["odd"] }, { lat: null }],
    [{ geohash: "u0yjjd6", city: "Frankfurt" }, { city: "Frankfurt" }],
    [{ location: "LAST_PARKED" }, { location: "LAST_PARKED" }],
  ])("knows a place in a form that is new: %j", (body, rounded) => {
    expect(soften("rounded", body)).toEqual([rounded]);
  });

  it("cleans text that is kept, and keeps nothing of text it cannot read", () => {
    const raw = JSON.stringify({
      data: {
        signals: [
          { code: "location-x", body: EXACT },
          { code: "y", body: { lat: 1.23456 } },
        ],
      },
    });
    expect(JSON.parse(privateText(raw, "off"))).toEqual({
      data: {
        signals: [
          { code: "location-x", body: null },
          { code: "y", body: {} },
        ],
      },
    });
    expect(privateText("lat=50.110924", "rounded")).toBe("(13 characters, not kept: privacy.location)");
  });

  it("lets no exact coordinate through, wherever it stands", () => {
    const place = fc.constantFrom(EXACT, { lat: 50.110924, lng: 8.682127 }, { coordinates: [8.682127, 50.110924] });
    const nested = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        place,
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie("node"), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(nested, fc.constantFrom("rounded" as const, "off" as const), (body, level) => {
        const kept = JSON.stringify(soften(level, { value: body } as JsonObject));
        expect(kept).not.toMatch(/50\.1109|8\.6821/);
      }),
    );
  });
});

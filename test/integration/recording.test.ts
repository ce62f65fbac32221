import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Canary, sightings } from "../support/canaries.ts";
import { cleanups, folder } from "../support/cleanups.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { fence } from "../support/e2e-fence.ts";
import { frozenCar } from "../support/e2e-living.ts";
import { type Program, startProgram } from "../support/program.ts";

const VIN = "WKANARY5E7R000413";
const LATITUDE = 50.110_922_913;
const LONGITUDE = 8.682_126_714;

/** What the page does. */
async function post(program: Program, path: string, body: object = {}): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${program.privateUrl}/api/recording/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return await answer.json();
}

async function file(program: Program, of: string): Promise<string> {
  const answer = await fetch(`${program.privateUrl}/api/recording/file?of=${of}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("application/x-ndjson");
  expect(answer.headers.get("content-disposition")).toMatch(
    /^attachment; filename="smartcar2mqtt-recording-\d{8}T\d{6}Z\.txt"$/,
  );
  return await answer.text();
}

const kinds = (recording: string) =>
  recording
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).kind);

/** Something of everything, in a few seconds. */
async function events({ simulator, seen }: Bench): Promise<void> {
  const soc = (value: number) => ({ body: { value, unit: "percent" } });
  simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", soc(63));
  simulator.setSignal("vehicle-a", "charge-ischarging", { body: { value: true } });
  simulator.setSignal("vehicle-a", "closure-islocked", { error: { type: "VEHICLE_STATE", code: "ASLEEP" } });
  await simulator.deliver({ vehicleId: "vehicle-a", times: 2 });
  await simulator.deliver({ vehicleId: "vehicle-a", signature: "wrong" }, { payload: "no json" });
  simulator.addFault({ kind: "error", status: 429, path: "/v3/vehicles/vehicle-a/signals", retryAfter: 1 });
  for (const [topic, payload] of [
    ["refresh", "PRESS"],
    ["charge_limit", "80"],
    ["destination", JSON.stringify({ latitude: LATITUDE, longitude: LONGITUDE })],
  ] as const) {
    await seen.publish(`smartcar/test-a/${topic}/set`, payload);
    await seen.until((message) => message.topic === `smartcar/test-a/${topic}/result`);
  }
  await seen.until(({ topic, payload }) => topic === "smartcar/test-a/charge_limit" && payload === "80");
  simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", soc(64));
  simulator.setSignal("vehicle-a", "location-preciselocation", { body: { latitude: LATITUDE, longitude: LONGITUDE } });
  await seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === "64");
  await seen.until(({ topic }) => topic === "smartcar/test-a/location");
}

/** Not readings, or by their nature not the same: when, where and who. */
const OTHERWISE =
  /\/(availability|info|state|problem|polling|event|last_webhook_received|location|vin|nickname|charge_timers|charge_records|service_records)$/;

function readings(topics: ReadonlyMap<string, string>): Record<string, string> {
  const shown = [...topics].filter(([topic]) => /^smartcar\/(?!bridge\/)[^/]+\/[^/]+$/.test(topic));
  return Object.fromEntries(shown.filter(([topic]) => !OTHERWISE.test(topic)).sort());
}

describe("a recording", () => {
  it("of a real run, replayed into a fresh program, ends with the same readings", async () => {
    const cars = [
      frozenCar("battery"),
      stillCar("a", {
        signals: {
          "vehicleidentification-vin": { value: VIN },
          "odometer-traveleddistance": { value: 1234.5, unit: "km" },
        },
      }),
    ];
    const recorded = await startBench({ broker: "aedes", cars });
    cleanups.push(() => recorded.close());
    for (const car of ["test-a", "volkswagen-id-4"]) {
      await recorded.seen.until(({ topic }) => topic === `smartcar/${car}/info`);
    }
    // In this order: what is kept begins before what is recorded, and so holds all of it.
    await post(recorded.program, "keep", { minutes: 5 });
    expect(await post(recorded.program, "record", { minutes: 5 })).toMatchObject({ recorded: { ended_at: null } });
    await events(recorded);
    expect(await post(recorded.program, "stop")).toMatchObject({ recorded: { end: "stopped" } });
    const recording = await file(recorded.program, "recorded");
    expect(new Set(kinds(recording))).toEqual(new Set([undefined, "car", "delivery", "call", "command", "result"]));
    expect(kinds(await file(recorded.program, "kept")).length).toBeGreaterThanOrEqual(kinds(recording).length);

    const canaries: Canary[] = [
      { name: "VIN", text: VIN },
      { name: "latitude", text: "110922913" },
      { name: "longitude", text: "682126714" },
    ];
    expect(sightings(canaries, [{ place: "recording", bytes: recording }])).toEqual([]);
    for (const { vehicleId, userId, connectionId } of recorded.simulator.cars()) {
      for (const id of [vehicleId, userId, connectionId]) expect(recording).not.toContain(id);
    }

    await fence(recorded);
    const before = readings(recorded.seen.current());
    expect(Object.keys(before).length).toBeGreaterThan(60);
    const path = join(folder(), "recording.txt");
    writeFileSync(path, recording);
    const fresh = await openBench({
      broker: "aedes",
      smartcar: "down",
      webhook: false,
      env: { SMARTCAR_CLIENT_SECRET: "simulator-client-secret" },
    });
    cleanups.push(() => fresh.close());
    const program = await fresh.start();
    const port = new URL(fresh.environment["SMARTCAR_IAM_URL"] ?? "").port;
    const replay = await startProgram({
      env: {},
      args: ["simulator", "--replay", path, "--port", port, "--webhook-url", program.webhookUrl, "--speed", "4"],
      dontWait: true,
    });
    cleanups.push(() => replay.close());
    await replay.printed(/The replay has come to its end/);
    await fresh.seen
      .untilAll(() => JSON.stringify(readings(fresh.seen.current())) === JSON.stringify(before))
      .catch(() => expect(readings(fresh.seen.current())).toEqual(before));
    const place = JSON.parse(fresh.seen.current().get("smartcar/test-a/location") ?? "null");
    expect(place).toMatchObject({ latitude: expect.any(Number), longitude: expect.any(Number) });
    expect(Math.abs(place.latitude - LATITUDE)).toBeGreaterThan(1);
  });

  it.each([
    ["is missing", undefined, /nowhere\.txt cannot be read \(ENOENT\). Check the path/],
    ["is no recording", "hello\n", /no recording.* Take the file as the page saved it/],
    [
      "is of another version",
      '{"format":"smartcar2mqtt-recording","version":9}\n',
      /version 9, and this program reads/,
    ],
  ])("that %s is refused in a sentence", async (_, text, sentence) => {
    const path = join(folder(), text === undefined ? "nowhere.txt" : "recording.txt");
    if (text !== undefined) writeFileSync(path, text);
    const replay = await startProgram({
      env: {},
      args: ["simulator", "--replay", path, "--port", "0"],
      dontWait: true,
    });
    cleanups.push(() => replay.close());
    expect((await replay.exit).code).toBe(2);
    expect(replay.output().trim().split("\n")).toHaveLength(1);
    expect(replay.output()).toMatch(sentence);
  });
});

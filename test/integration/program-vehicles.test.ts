import { afterEach, describe, expect, it } from "vitest";
import { CATALOGUE } from "../../src/vehicle/catalogue.ts";
import catalogue from "../fixtures/signals/catalogue.json" with { type: "json" };
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";

let bench: Bench | undefined;
let fences = 0;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Has the program list the connections, and resolves with its answer. */
async function relist({ seen }: Bench): Promise<void> {
  const id = `relist-${++fences}`;
  await seen.publish("smartcar/bridge/request/refresh", JSON.stringify({ id }));
  await seen.until(
    ({ topic, payload }) => topic === "smartcar/bridge/response/refresh" && payload.includes(JSON.stringify(id)),
  );
}

interface Component {
  readonly platform: string;
  readonly unique_id?: string;
}

function componentsOf(payload: string): Readonly<Record<string, Component>> {
  return (JSON.parse(payload) as { components: Record<string, Component> }).components;
}

const discovery = (car: string) => `homeassistant/device/smartcar_vehicle-${car}/config`;
const examples = new Map(catalogue.map(({ code, body }) => [code, body]));
const codes = CATALOGUE.map(({ code }) => code);

describe.skipIf(!hasMosquitto())("the cars of the running program", () => {
  it("announces exactly what a car with 22 good, 44 impossible and 19 withheld signals has", async () => {
    const good = codes.slice(0, 22);
    const impossible = codes.slice(22, 66);
    const withheld = codes.slice(66, 85);
    const signals = Object.fromEntries(good.map((code) => [code, examples.get(code) ?? {}]));
    const car = {
      vehicleId: "vehicle-mixed",
      userId: "user-mixed",
      make: "TEST",
      model: "mixed",
      signals,
      signalErrors: {
        ...Object.fromEntries(impossible.map((code) => [code, { type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" }])),
        ...Object.fromEntries(withheld.map((code) => [code, { type: "PERMISSION", code: null }])),
      },
    };
    bench = await startBench({ cars: [car] });
    const names = new Set(
      CATALOGUE.filter(({ code }) => good.includes(code)).flatMap(({ readings }) => readings.map(({ name }) => name)),
    );
    const others = CATALOGUE.filter(({ code }) => !good.includes(code))
      .flatMap(({ readings }) => readings.map(({ name }) => name))
      .filter((name) => !names.has(name));
    const { payload } = await bench.seen.until(
      ({ topic, payload }) =>
        topic === discovery("mixed") &&
        "battery" in componentsOf(payload) === names.has("battery") &&
        Object.keys(componentsOf(payload)).length > 15,
    );
    const announced = Object.keys(componentsOf(payload));
    expect(announced.filter((key) => others.includes(key))).toEqual([]);
    const told = (await bench.retained("smartcar/test-mixed/#")).get("smartcar/test-mixed/state") ?? "{}";
    const readings = Object.keys(JSON.parse(told)).filter((name) => name !== "updated_at");
    expect(readings.filter((name) => others.includes(name))).toEqual([]);
    // A command's entity takes the place of the reading's own.
    expect(readings.filter((name) => names.has(name) && !announced.includes(name))).toEqual([]);
    const info = JSON.parse((await bench.retained("smartcar/test-mixed/info")).get("smartcar/test-mixed/info") ?? "{}");
    const verdicts = Object.values(info.signals as Record<string, { car: boolean | null; granted: boolean | null }>);
    expect(verdicts.filter(({ car: can }) => can === false)).toHaveLength(44);
    expect(verdicts.filter(({ granted }) => granted === false)).toHaveLength(19);
  });

  it("withdraws an entity and its value when the car turns out unable, or the owner takes the grant back", async () => {
    const cars = [
      stillCar("a", {
        signals: { "closure-sunroof": { isOpen: false }, "lowvoltagebattery-stateofcharge": { value: 80 } },
      }),
    ];
    bench = await startBench({ cars, env: { POLLING_MODE: "never" } });
    const { seen, simulator } = bench;
    await bench.shown();
    await seen.until(({ topic, payload }) => topic === discovery("a") && "sunroof" in componentsOf(payload));
    simulator.setSignal("vehicle-a", "closure-sunroof", {
      error: { type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" },
    });
    simulator.setSignal("vehicle-a", "lowvoltagebattery-stateofcharge", { error: { type: "PERMISSION", code: null } });
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/sunroof" && payload === "");
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/low_voltage_battery" && payload === "");
    // First with its platform alone, which is what removes it; then left out.
    await seen.until(({ topic, payload }) => topic === discovery("a") && isMarker(componentsOf(payload)["sunroof"]));
    await seen.until(
      ({ topic, payload }) =>
        topic === discovery("a") && "battery" in componentsOf(payload) && !("sunroof" in componentsOf(payload)),
      15_000,
    );
  });

  it("finds a new car by itself, and takes a removed one away with everything it had", async () => {
    bench = await startBench({ cars: [stillCar("a"), stillCar("b")] });
    const { seen, simulator } = bench;
    await bench.shown();
    simulator.addCar(stillCar("c"));
    await relist(bench);
    await seen.until(({ topic, payload }) => topic === "smartcar/test-c/battery" && payload === "50");
    await seen.until(({ topic }) => topic === discovery("c"));
    simulator.removeCar("vehicle-b");
    await relist(bench);
    await seen.until(({ topic, payload }) => topic === "smartcar/test-b/availability" && payload === "offline");
    await relist(bench);
    await seen.until(({ topic, payload }) => topic === "smartcar/test-b/availability" && payload === "");
    await seen.until(({ topic, payload }) => topic === discovery("b") && payload === "");
    await seen.untilAll(() => !seen.current().get("smartcar/bridge/info")?.includes("test-b"));
    const isOfB = (topic: string) => /test-b|vehicle-b/.test(topic) && !topic.endsWith("/event");
    await seen.untilAll(() => ![...seen.current().keys()].some(isOfB));
    const kept = [...(await bench.retained()).keys()];
    expect(kept.filter(isOfB)).toEqual([]);
    expect(kept).toContain("smartcar/test-a/battery");
  });

  it("changes nothing when only the connection id changed, and tells two cars of one model apart", async () => {
    const twins = ["one", "two"].map((name) =>
      stillCar(name, { vehicleId: `${name}-vehicle`, make: "KIA", model: "Niro" }),
    );
    bench = await openBench({ cars: twins, webhook: false });
    await bench.start();
    const { seen, simulator } = bench;
    await seen.until(({ topic }) => topic === "smartcar/kia-niro/battery");
    const { topic } = await seen.until(({ topic }) => /^smartcar\/kia-niro-\w{3,4}\/battery$/.test(topic));
    const config = (id: string) => `homeassistant/device/smartcar_${id}/config`;
    const announced = (id: string, component: string) =>
      seen.until((message) => message.topic === config(id) && component in componentsOf(message.payload));
    for (const id of ["one-vehicle", "two-vehicle"]) await announced(id, "battery");
    seen.clear();
    simulator.patchCar("one-vehicle", { connect: "another-connection-id" });
    await relist(bench);
    // A change of the other car is announced later than one of this car would have been.
    simulator.setSignal("two-vehicle", "closure-sunroof", { body: { isOpen: false } });
    await relist(bench);
    await announced("two-vehicle", "sunroof");
    expect(seen.messages.filter((message) => message.topic === config("one-vehicle"))).toEqual([]);
    expect([...(await bench.retained("smartcar/+/battery")).keys()].sort()).toEqual(
      ["smartcar/kia-niro/battery", topic].sort(),
    );
  });

  it("says that no webhook is ours, with the address expected, and subscribes the cars once there is one", async () => {
    const publicUrl = "http://127.0.0.1:1";
    const callbackUrl = `${publicUrl}/webhooks/smartcar`;
    bench = await openBench({ cars: [stillCar("a")], webhook: false, env: { HTTP_PUBLIC_URL: publicUrl } });
    const { seen, simulator } = bench;
    await simulator.setWebhook({ callbackUrl: "http://127.0.0.1:2/elsewhere" });
    await bench.start();
    const { payload } = await seen.until(
      ({ topic, payload }) => topic === "smartcar/bridge/info" && payload.includes("elsewhere"),
    );
    expect(payload).toContain(callbackUrl);
    await simulator.setWebhook({ id: "ours", callbackUrl });
    const subscribed = bench.nextRequest(({ method, path }) => method === "POST" && path === "/v3/subscriptions");
    await relist(bench);
    expect((await subscribed).status).toBe(202);
    await seen.until(({ topic, payload }) => topic === "smartcar/bridge/info" && !payload.includes("elsewhere"));
  });

  it("gives a signal that nobody here knows an entity of its own, off by default", async () => {
    bench = await startBench({ cars: [stillCar("a", { signals: { "hovering-altitude": { value: 12, unit: "m" } } })] });
    const { payload } = await bench.seen.until(
      ({ topic, payload }) => topic === discovery("a") && payload.includes("hovering"),
    );
    expect(componentsOf(payload)["signal_hovering_altitude"]).toMatchObject({
      platform: "sensor",
      enabled_by_default: false,
      state_topic: "smartcar/test-a/signals/hovering-altitude",
    });
  });

  it("shows an impossible value raw and keeps it out of the readings", async () => {
    bench = await startBench({
      cars: [stillCar("a", { signals: { "odometer-traveleddistance": { value: 42_000, unit: "km" } } })],
    });
    const { seen, simulator } = bench;
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/odometer" && payload === "42000");
    await simulator.deliver({
      signals: [
        { code: "odometer-traveleddistance", body: { value: 17, unit: "km" } },
        { code: "tractionbattery-stateofcharge", body: { value: 255, unit: "percent" } },
      ],
    });
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === "None");
    const { payload } = await seen.until(
      ({ topic, payload }) =>
        topic === "smartcar/test-a/signals/odometer-traveleddistance" && payload.includes('"value":17'),
    );
    expect(JSON.parse(payload)).toMatchObject({ body: { value: 17 }, error: { type: "BRIDGE", code: "IMPLAUSIBLE" } });
    expect((await bench.retained("smartcar/test-a/odometer")).get("smartcar/test-a/odometer")).toBe("42000");
  });
});

function isMarker(component: Component | undefined): boolean {
  return component !== undefined && Object.keys(component).join() === "platform";
}

import { describe, expect, it } from "vitest";
import { startAedes } from "../support/brokers.ts";
import { cleanups, own } from "../support/cleanups.ts";
import { watch } from "../support/mqtt-watch.ts";
import { startProgram } from "../support/program.ts";

describe("smartcar2mqtt simulator", () => {
  it("is all that `start` needs besides a broker", async () => {
    const simulator = own(await startProgram({ args: ["simulator", "--port", "0"], env: {}, dontWait: true }));
    await simulator.printed(/SMARTCAR_CONNECT_URL=\S+/);
    const env = Object.fromEntries(
      [...simulator.output().matchAll(/^(SMARTCAR_\w+)=(\S+)$/gm)].map(([, name, value]) => [name ?? "", value ?? ""]),
    );
    const broker = await startAedes();
    cleanups.push(() => broker.stop());
    const seen = await watch(broker.url, "#");
    cleanups.push(() => seen.stop());
    const bridge = own(await startProgram({ env: { ...env, MQTT_URL: broker.url, MQTT_VERSION: "3.1.1" } }));
    for (const car of ["volkswagen-id-4", "volvo-xc60", "toyota-corolla"]) {
      await seen.until(({ topic, payload }) => topic === `smartcar/${car}/odometer` && Number(payload) > 10_000);
    }
    await seen.publish("smartcar/volkswagen-id-4/charge_limit/set", "70");
    const result = await seen.until(({ topic }) => topic === "smartcar/volkswagen-id-4/charge_limit/result");
    expect(JSON.parse(result.payload)).toMatchObject({ status: "succeeded", value: 70 });
    const asked: unknown = await (await fetch(`${env["SMARTCAR_CONNECT_URL"]}/_sim/requests`)).json();
    expect(JSON.stringify(asked)).toContain("commands/charge/set-limit");

    expect(await bridge.close()).toEqual({ code: 0, signal: null });
    expect(await simulator.close()).toEqual({ code: 0, signal: null });
  });
});

describe("smartcar2mqtt demo", () => {
  it("says where to look, shows a car that lives, takes a command, and says goodbye", async () => {
    const args = ["demo", "--port", "0", "--mqtt-port", "0"];
    const demo = own(await startProgram({ args, env: { LOG_LEVEL: "info" }, dontWait: true }));
    const [, page = ""] = await demo.printed(/Open\s+(http:\/\/127\.0\.0\.1:\d+)/);
    const [, mqttPort] = await demo.printed(/mosquitto_sub -h 127\.0\.0\.1 -p (\d+) -v -t 'smartcar\/#'/);
    expect((await fetch(`${page}/healthz`)).status).toBe(200);
    const broker = `mqtt://127.0.0.1:${mqttPort}`;
    const seen = await watch(broker, "#");
    cleanups.push(() => seen.stop());
    const batteries = () =>
      new Set(
        seen.messages.filter(({ topic }) => topic.endsWith("/battery")).map(({ topic, payload }) => topic + payload),
      );
    const cars = () => new Set([...batteries()].map((seenValue) => seenValue.split("/")[1]));
    await seen.untilAll(() => batteries().size > cars().size);

    const [, topic = "", value = ""] = await demo.printed(/mosquitto_pub .* -t '(\S+)' -m (\d+)/);
    await seen.publish(topic, value);
    const { payload } = await seen.until((message) => message.topic === topic.replace(/set$/, "result"));
    expect(JSON.parse(payload)).toMatchObject({ status: "succeeded", value: Number(value) });

    seen.clear();
    const gone = seen.until((message) => message.topic === "smartcar/bridge/state" && message.payload === "offline");
    const startedAt = performance.now();
    demo.kill("SIGINT");
    await gone;
    expect(await demo.exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });
});

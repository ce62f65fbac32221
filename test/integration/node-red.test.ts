import { describe, expect, it } from "vitest";
import type { CommandResult } from "../../src/commands/execution.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { cleanups } from "../support/cleanups.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";
import { frozenCar } from "../support/e2e-living.ts";
import { CAR, readExample } from "../support/examples.ts";
import type { WatchedMessage } from "../support/mqtt-watch.ts";
import { type FlowNode, hasNodeRed, startNodeRed } from "../support/node-red.ts";

const FLOW = JSON.parse(readExample("node-red/flow.json")) as FlowNode[];
const SET = `${CAR}/charging/set`;
const RESULT = `${CAR}/charging/result`;
const MESSAGE = "home/volkswagen-id-4/message";

/** The bridge and a plugged-in car that does not charge. */
async function startCar(percent: number): Promise<{ bench: Bench; setBattery: (percent: number) => Promise<void> }> {
  const car = frozenCar("battery");
  const bench = await startBench({
    cars: [
      {
        ...car,
        signals: {
          ...car.signals,
          "charge-ischarging": { value: false },
          "tractionbattery-stateofcharge": { value: percent, unit: "percent" },
        },
      },
    ],
  });
  cleanups.push(() => bench.close());
  const shows = (wanted: number) =>
    bench.seen.untilAll(() => bench.seen.current().get(`${CAR}/battery`) === String(wanted));
  await shows(percent);
  await bench.seen.until(({ topic, payload }) => topic === `${CAR}/charging` && payload === "false");
  const setBattery = async (value: number) => {
    bench.simulator.setSignal(car.vehicleId ?? "", "tractionbattery-stateofcharge", {
      body: { value, unit: "percent" },
    });
    await shows(value);
  };
  return { bench, setBattery };
}

/** The shipped flow as a user would set it up: with the broker's address. More nodes may be added to it. */
function flowFor(bench: Bench, more: readonly FlowNode[] = []): FlowNode[] {
  const address = { broker: "127.0.0.1", port: String(bench.broker.port) };
  return [...FLOW.map((node) => (node.type === "mqtt-broker" ? { ...node, ...address } : node)), ...more];
}

async function startFlow(bench: Bench, more: readonly FlowNode[] = []): Promise<void> {
  const nodeRed = await startNodeRed(flowFor(bench, more));
  cleanups.push(() => nodeRed.stop());
}

/** A node of the shipped flow by its name. */
function shipped(name: string): FlowNode {
  const node = FLOW.find((candidate) => candidate["name"] === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}

const listener = (id: string, topic: string, to: string): FlowNode => ({
  ...shipped("Price now"),
  id,
  name: id,
  topic,
  datatype: "utf8",
  wires: [[to]],
});

/** As many steps as from a reading to a command, so that an answer says: whatever came before has been dealt with. */
const ECHO: readonly FlowNode[] = [
  listener("ping", "test/ping", "pass"),
  { ...shipped("In words"), id: "pass", name: "pass", func: "return { payload: msg.payload };", wires: [["pong"]] },
  { ...shipped("Start charging"), id: "pong", name: "pong", topic: "test/pong" },
];

async function dealtWith({ seen }: Bench, mark: string): Promise<void> {
  // Retained: Node-RED may be connected and not yet have subscribed.
  await seen.publish("test/ping", mark, { retain: true });
  await seen.until(({ topic, payload }) => topic === "test/pong" && payload === mark);
}

const commands = ({ seen }: Bench) => seen.messages.filter(({ topic, payload }) => topic === SET && payload !== "");
const resultIn = ({ payload }: WatchedMessage) => JSON.parse(payload) as CommandResult;

describe("the Node-RED flow", () => {
  it("publishes with a retain flag of its own wherever it publishes: never on a command", () => {
    const outs = FLOW.filter(({ type }) => type === "mqtt out");
    expect(outs.map(({ topic, retain }) => [topic, retain])).toEqual([
      [SET, "false"],
      [MESSAGE, "true"],
    ]);
  });

  it("uses no nodes but Node-RED's own", () => {
    const own = ["tab", "mqtt-broker", "comment", "mqtt in", "mqtt out", "function", "debug"];
    expect(FLOW.map(({ type }) => type).filter((type) => !own.includes(type))).toEqual([]);
  });
});

describe.skipIf(!hasMosquitto() || !hasNodeRed())("the Node-RED flow, run by Node-RED against the program", () => {
  it("starts charging below the price and below 80 %, once, and says what came of it", async () => {
    const { bench, setBattery } = await startCar(84);
    const { seen } = bench;
    const price = (value: string) => seen.publish("energy/price", value, { retain: true });
    await startFlow(bench, ECHO);

    await price("0.19");
    await dealtWith(bench, "full");
    expect(commands(bench), "full enough").toEqual([]);
    await price("0.31");
    await setBattery(76);
    await dealtWith(bench, "dear");
    expect(commands(bench), "too dear").toEqual([]);
    await price("None");
    await dealtWith(bench, "unknown");
    expect(commands(bench), "no price").toEqual([]);

    await price("0.19");
    await seen.until(({ topic, payload }) => topic === MESSAGE && payload === "The car was asked to charge.");
    await seen.until(({ topic, payload }) => topic === MESSAGE && payload === "The car is charging.");
    await seen.until(({ topic, payload }) => topic === `${CAR}/charging` && payload === "true");
    await price("0.18");
    await dealtWith(bench, "again");
    expect(commands(bench)).toHaveLength(1);
    const { id } = JSON.parse(commands(bench)[0]?.payload ?? "{}") as { id?: string };
    const answer = await seen.until(({ topic }) => topic === RESULT);
    expect(resultIn(answer)).toMatchObject({ id, command: "charging", value: true, status: "succeeded" });
    expect(bench.requests("2b7a6c1e-0d3f-4e5b-a111-000000000001", "charge/start")).toHaveLength(1);
  });

  it("says in words why nothing came of it", async () => {
    const { bench } = await startCar(55);
    bench.simulator.patchCar("2b7a6c1e-0d3f-4e5b-a111-000000000001", { revoke: ["control_charge"] });
    await bench.seen.publish("energy/price", "0.2", { retain: true });
    await startFlow(bench);
    const { payload } = await bench.seen.until(({ topic }) => topic === MESSAGE);
    const result = resultIn(await bench.seen.until(({ topic }) => topic === RESULT));
    expect(payload).toContain(`Charging not started: ${result.error?.message}`);
  });

  it("makes no retained command of a retained message, even when one is wired straight to it", async () => {
    const { bench } = await startCar(55);
    await bench.seen.publish("test/wish", "true", { retain: true });
    await startFlow(bench, [listener("wish", "test/wish", shipped("Start charging").id)]);

    const result = resultIn(await bench.seen.until(({ topic }) => topic === RESULT));
    expect(result).toMatchObject({ value: true, status: "succeeded", error: null });
    expect(await retainedCommands(bench)).toEqual([]);
  });

  it("would make one with the retain field left empty; the bridge refuses it and erases it", async () => {
    const { bench } = await startCar(55);
    await bench.seen.publish("test/wish", "true", { retain: true });
    const trap = { ...shipped("Start charging"), id: "trap", name: "trap", retain: "" };
    await startFlow(bench, [listener("wish", "test/wish", "trap"), trap]);

    const result = resultIn(await bench.seen.until(({ topic }) => topic === RESULT));
    expect(result).toMatchObject({ status: "rejected", calls: 0, error: { code: "RETAINED" } });
    await bench.seen.until(({ topic, payload }) => topic === SET && payload === "");
    expect(await retainedCommands(bench)).toEqual([]);
    expect(bench.requests("2b7a6c1e-0d3f-4e5b-a111-000000000001", "charge/")).toEqual([]);
  });
});

/** Commands that somebody who comes now would find stored at the broker. */
async function retainedCommands(bench: Bench): Promise<string[]> {
  const late = await bench.lateWatch();
  await late.until(({ topic }) => topic === `${CAR}/state`);
  await bench.seen.publish("test/last", "of what is stored");
  await late.until(({ topic }) => topic === "test/last");
  return late.messages.filter(({ topic, retain }) => retain && topic.endsWith("/set")).map(({ topic }) => topic);
}

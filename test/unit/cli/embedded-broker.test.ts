import { connectAsync } from "mqtt";
import { afterEach, expect, test } from "vitest";
import { EmbeddedBroker } from "../../../src/cli/embedded-broker.ts";
import { freePort } from "../../../src/cli/free-port.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { freePort as portOfOurs } from "../../support/free-port.ts";

const running: EmbeddedBroker[] = [];

async function startBroker(port = 0): Promise<EmbeddedBroker> {
  const broker = new EmbeddedBroker({ clock: systemClock, port, option: "mqtt-port" });
  running.push(broker);
  await broker.start();
  return broker;
}

afterEach(async () => {
  for (const broker of running.splice(0)) await broker.stop();
});

test("takes any free port, keeps what is retained, and tells what is published", async () => {
  const broker = await startBroker();
  const topics: string[] = [];
  broker.onPublish((topic) => topics.push(topic));
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  await client.publishAsync("a/b", "1", { retain: true, qos: 1 });
  const received = new Promise((resolve) => client.on("message", (topic, payload) => resolve([topic, `${payload}`])));
  await client.subscribeAsync("a/#");
  expect(await received).toEqual(["a/b", "1"]);
  expect(topics).toEqual(["a/b"]);
  await client.endAsync();
});

test("a taken port is named with the option that changes it", async () => {
  const { port } = await startBroker();
  await expect(startBroker(port)).rejects.toMatchObject({
    message: `port ${port} on 127.0.0.1 is in use`,
    hint: expect.stringContaining("--mqtt-port"),
  });
  await expect(freePort(port, "port")).rejects.toMatchObject({ hint: expect.stringContaining("--port") });
});

test("a port found free can be listened on", async () => {
  const port = await portOfOurs();
  expect(await freePort(port, "port")).toBe(port);
  expect((await startBroker(port)).port).toBe(port);
  expect(await freePort(0, "port")).toBeGreaterThan(0);
});

test("subscribers get what was published right before the end", async () => {
  const broker = await startBroker();
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const subscriber = await connectAsync(url, { reconnectPeriod: 0 });
  const received = new Promise((resolve) => subscriber.on("message", (_topic, payload) => resolve(`${payload}`)));
  await subscriber.subscribeAsync("state", { qos: 1 });
  const publisher = await connectAsync(url, { reconnectPeriod: 0 });
  await publisher.publishAsync("state", "offline", { qos: 1 });
  await broker.stop();
  expect(await received).toBe("offline");
  subscriber.end(true);
  publisher.end(true);
});

test("listens where it is told to, and says where this machine reaches it", async () => {
  const everywhere = new EmbeddedBroker({ clock: systemClock, host: "0.0.0.0", port: 0, option: "mqtt-port" });
  running.push(everywhere);
  await everywhere.start();
  expect(everywhere.host).toBe("127.0.0.1");
  await (await connectAsync(`mqtt://${everywhere.host}:${everywhere.port}`)).endAsync();

  // 192.0.2.0/24 is for documents: no machine has such an address.
  const nowhere = new EmbeddedBroker({ clock: systemClock, host: "192.0.2.1", port: 0, option: "mqtt-port" });
  await expect(nowhere.start()).rejects.toMatchObject({
    message: "192.0.2.1 is no address of this machine",
    hint: expect.stringContaining("--host"),
  });
});

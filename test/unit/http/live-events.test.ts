import fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { LiveEvents } from "../../../src/http/live-events.ts";
import { seconds } from "../../../src/lib/duration.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start() {
  const clock = new FakeClock();
  let looks = 0;
  const live = new LiveEvents({ clock, onLook: () => looks++ });
  const app = fastify();
  live.register(app);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  let closed = false;
  const close = async () => {
    if (!closed) await app.close();
    closed = true;
  };
  stops.push(close);
  return { clock, live, url, close, looks: () => looks };
}

async function listen(url: string) {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/events`, { signal: abort.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    response,
    close: () => abort.abort(),
    async until(part: string) {
      while (!text.includes(part)) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) throw new Error(`ended without ${part}: ${text}`);
        text += value;
      }
      return text;
    },
    async end() {
      while ((await reader?.read())?.done === false);
    },
  };
}

describe("LiveEvents", () => {
  it("gathers what changed into one message, and beats in between", async () => {
    const { clock, live, url, looks } = await start();
    live.note("chain");
    const client = await listen(url);
    expect(client.response.headers.get("content-type")).toBe("text/event-stream");
    await client.until("event: hello");
    live.note("vehicles", "vehicle:1");
    live.note("vehicles");
    await clock.advance(seconds(1));
    expect(await client.until("event: changed")).toContain('data: ["vehicles","vehicle:1"]\n\n');
    expect(looks()).toBe(1);
    await clock.advance(seconds(15));
    await client.until(": still here");
    client.close();
  });

  it("does not keep the listener from stopping, and leaves no timer", async () => {
    const { clock, live, url, close } = await start();
    const client = await listen(url);
    await client.until("hello");
    expect(live.clients).toBe(1);
    await close();
    await client.end();
    expect(live.clients).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("takes so many listeners and no more", async () => {
    const { url } = await start();
    const clients = [];
    for (let i = 0; i < 32; i++) clients.push(await listen(url));
    expect(clients.every(({ response }) => response.status === 200)).toBe(true);
    const late = await fetch(`${url}/api/events`);
    expect(late.status).toBe(503);
    for (const client of clients) client.close();
  });
});

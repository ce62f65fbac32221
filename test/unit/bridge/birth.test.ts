import { expect, it } from "vitest";
import { Birth } from "../../../src/bridge/birth.ts";
import type { Message } from "../../../src/bridge/session-events.ts";
import type { SubscribeOptions } from "../../../src/bridge/subscriptions.ts";
import { seconds } from "../../../src/lib/duration.ts";
import { Events } from "../../../src/lib/events.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";

function setup() {
  const events = new Events<{ message: Message; disconnected: undefined }>((_, error) => {
    throw error;
  });
  const filters: [string, SubscribeOptions][] = [];
  const clock = new FakeClock();
  let births = 0;
  const birth = new Birth({
    session: { events, subscribe: (filter, options) => filters.push([filter, options]) },
    statusTopic: "homeassistant/status",
    onBirth: () => births++,
    clock,
    random: () => 0.5,
    log: new FakeLog(),
  });
  birth.start();
  const say = (payload: string, { topic = "homeassistant/status", retain = false } = {}) =>
    events.emit("message", { topic, payload: Buffer.from(payload), retain, properties: {} });
  return { events, filters, clock, birth, say, births: () => births };
}

it("answers several births in a row once, a little later", async () => {
  const { clock, filters, say, births } = setup();
  expect(filters).toEqual([["homeassistant/status", { retainAsPublished: false }]]);
  say("online");
  await clock.advance(seconds(2));
  say("online");
  await clock.advance(seconds(3) - 1);
  expect(births()).toBe(0);
  await clock.advance(1);
  expect(births()).toBe(1);
  await clock.advance(seconds(60));
  expect(births()).toBe(1);
});

it("hears neither the will, nor a stored birth, nor other topics", async () => {
  const { clock, say, births } = setup();
  say("offline");
  say("online", { retain: true });
  say("online", { topic: "smartcar/bridge/state" });
  await clock.advance(seconds(60));
  expect(births()).toBe(0);
});

it("leaves it to the next session when this one ends, and to nobody when it is stopped", async () => {
  const { birth, clock, events, say, births } = setup();
  say("online");
  events.emit("disconnected", undefined);
  expect(clock.pending).toBe(0);
  say("online");
  birth.stop();
  say("online");
  expect(clock.pending).toBe(0);
  expect(births()).toBe(0);
});

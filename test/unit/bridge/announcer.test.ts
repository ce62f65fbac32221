import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Announcer } from "../../../src/bridge/announcer.ts";
import type { DeviceDocument, Platform } from "../../../src/bridge/discovery-component.ts";
import { seconds } from "../../../src/lib/duration.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { tempStore } from "../../support/temp-store.ts";
import { FakePublisher } from "./fake-publisher.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock();
});
afterEach(() => files.remove());

const TOPIC = "homeassistant/device/smartcar_1/config";
function document(components: Readonly<Record<string, Platform>>): DeviceDocument {
  const entries = Object.entries(components).map(([key, platform]) => [key, { platform, name: key }]);
  return { device: {}, origin: {}, components: Object.fromEntries(entries) };
}
function build(store = files.store) {
  const publisher = new FakePublisher();
  const announcer = new Announcer({ publisher, store: store.announcements, clock });
  const components = () => (publisher.json(TOPIC) as DeviceDocument | undefined)?.components;
  return { publisher, announcer, components };
}
const BOTH = document({ a: "sensor", b: "sensor" });
const ONE = document({ a: "sensor" });
const named = (name: string, platform = "sensor") => ({ platform, name });

describe("announcer", () => {
  it("waits for the burst to settle and publishes one document for all of it", async () => {
    const { publisher, announcer, components } = build();
    announcer.start();
    announcer.announce(TOPIC, () => ONE);
    await clock.advance(seconds(1));
    announcer.announce(TOPIC, () => BOTH);
    expect(publisher.said()).toEqual([]);
    await clock.advance(seconds(1));
    expect(components()).toEqual({ a: named("a"), b: named("b") });
    expect([publisher.said(), clock.pending]).toEqual([[TOPIC], 0]);
  });

  it("announces at once after a restart what was announced before", () => {
    files.store.announcements.save(TOPIC, { a: "sensor", b: "sensor" });
    const { announcer, components } = build(files.reopen());
    announcer.announce(TOPIC, () => BOTH);
    announcer.start();
    expect(components()).toEqual({ a: named("a"), b: named("b") });
    expect(clock.pending).toBe(0);
  });

  it("lists what is gone by its platform first, and leaves it out once the broker has that", async () => {
    files.store.announcements.save(TOPIC, { a: "sensor", b: "sensor" });
    const { publisher, announcer, components } = build();
    announcer.announce(TOPIC, () => ONE);
    announcer.start();
    expect(components()).toEqual({ a: named("a"), b: { platform: "sensor" } });
    publisher.confirmed = false;
    await clock.advance(seconds(20));
    expect(components()).toHaveProperty("b");
    publisher.confirmed = true;
    await clock.advance(seconds(5));
    expect(components()).toEqual({ a: named("a") });
    expect(files.store.announcements.load().get(TOPIC)).toEqual({ a: "sensor" });
    expect(clock.pending).toBe(0);
  });

  it("does so for another platform under the same key, also while the broker is away", async () => {
    files.store.announcements.save(TOPIC, { a: "binary_sensor" });
    const { publisher, announcer, components } = build();
    publisher.confirmed = false;
    announcer.announce(TOPIC, () => document({ a: "switch" }));
    announcer.start();
    await clock.advance(seconds(30));
    expect(components()).toEqual({ a: { platform: "binary_sensor" } });
    publisher.confirmed = true;
    await clock.advance(seconds(5));
    expect(components()).toEqual({ a: named("a", "switch") });
    expect(files.store.announcements.load().get(TOPIC)).toEqual({ a: "switch" });
  });

  it("remembers over a crash in between what still has to be taken back", () => {
    files.store.announcements.save(TOPIC, { a: "sensor", b: "sensor" });
    const before = build();
    before.announcer.announce(TOPIC, () => ONE);
    before.announcer.start();
    before.announcer.stop();
    const { announcer, components } = build(files.reopen());
    announcer.announce(TOPIC, () => ONE);
    announcer.start();
    expect(components()).toEqual({ a: named("a"), b: { platform: "sensor" } });
    announcer.stop();
    expect(clock.pending).toBe(0);
  });

  it("takes the newest document when one comes between the two", async () => {
    files.store.announcements.save(TOPIC, { a: "sensor", b: "sensor" });
    const { announcer, components } = build();
    announcer.announce(TOPIC, () => ONE);
    announcer.start();
    announcer.announce(TOPIC, () => BOTH);
    await clock.advance(seconds(5));
    expect(components()).toEqual({ a: named("a"), b: named("b") });
    expect(files.store.announcements.load().get(TOPIC)).toEqual({ a: "sensor", b: "sensor" });
  });

  it("withdraws a device with everything it knows of it, and can announce it anew", async () => {
    const { publisher, announcer, components } = build();
    announcer.start();
    announcer.announce(TOPIC, () => ONE);
    announcer.withdraw(TOPIC);
    await clock.advance(seconds(3));
    expect([publisher.held.size, files.store.announcements.load().size, clock.pending]).toEqual([0, 0, 0]);
    announcer.announce(TOPIC, () => ONE);
    await clock.advance(seconds(2));
    expect(components()).toEqual({ a: named("a") });
  });

  it("names as orphans what an earlier run announced and nobody speaks of now", () => {
    files.store.announcements.save(TOPIC, { a: "sensor" });
    files.store.announcements.save("gone", { a: "sensor" });
    const { announcer } = build();
    announcer.start();
    announcer.announce(TOPIC, () => ONE);
    expect(announcer.orphans()).toEqual(["gone"]);
  });

  it("says nothing after its stop", async () => {
    const { publisher, announcer } = build();
    announcer.start();
    announcer.announce(TOPIC, () => ONE);
    announcer.stop();
    announcer.announce(TOPIC, () => BOTH);
    await clock.advance(seconds(10));
    expect([publisher.said(), clock.pending]).toEqual([[], 0]);
  });
});

import { describe, expect, it } from "vitest";
import { Announcer } from "../../../src/bridge/announcer.ts";
import { BridgePresenter } from "../../../src/bridge/bridge-presenter.ts";
import type { Announced } from "../../../src/bridge/discovery.ts";
import { HomeAssistant } from "../../../src/bridge/home-assistant.ts";
import type { SessionEvents } from "../../../src/bridge/session-events.ts";
import { Topics } from "../../../src/bridge/topics.ts";
import { minutes, seconds } from "../../../src/lib/duration.ts";
import { car } from "../../support/cars.ts";
import { strictEvents } from "../../support/events.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { CAR } from "../../support/observations.ts";
import { FakePublisher } from "./fake-publisher.ts";

const topics = new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" });

describe("bridge presenter", () => {
  function build() {
    const clock = new FakeClock();
    const publisher = new FakePublisher();
    let links: object[] = [];
    let looks = 0;
    const events = strictEvents<SessionEvents>();
    const bridge = new BridgePresenter({
      publisher,
      session: { events },
      topics,
      clock,
      version: "1.2.3",
      vehicles: () => [car()],
      brokenLinks: () => {
        looks++;
        return links;
      },
    });
    return { bridge, clock, publisher, events, broken: (next: object[]) => (links = next), looks: () => looks };
  }

  it("says online, what it is, its cars, and which links do not hold", () => {
    const { bridge, publisher, clock } = build();
    bridge.start();
    expect(publisher.held.get("smartcar/bridge/state")).toBe("online");
    expect(publisher.json("smartcar/bridge/info")).toEqual({
      version: "1.2.3",
      started_at: new Date(clock.now()).toISOString(),
      vehicles: [{ id: CAR, topic: "volkswagen-id-4", name: "Volkswagen ID.4" }],
      links: [],
    });
    bridge.stop();
    expect(clock.pending).toBe(0);
  });

  it("shows a lost broker at once, another broken link within ten seconds, and nothing twice", async () => {
    const { bridge, publisher, clock, events, broken } = build();
    bridge.start();
    publisher.said();
    broken([{ name: "broker" }]);
    events.emit("status", { state: "waiting", detail: null, fix: null, since: clock.now() });
    expect(publisher.json("smartcar/bridge/info")).toMatchObject({ links: [{ name: "broker" }] });
    publisher.said();
    await clock.advance(minutes(5));
    expect(publisher.said()).toEqual([]);
    broken([{ name: "token" }]);
    await clock.advance(seconds(10));
    expect([publisher.said(), publisher.json("smartcar/bridge/info")]).toMatchObject([
      ["smartcar/bridge/info"],
      { links: [{ name: "token" }] },
    ]);
    bridge.tell({ event_type: "vehicle_added" });
    expect(publisher.events).toEqual([{ topic: "smartcar/bridge/event", payload: '{"event_type":"vehicle_added"}' }]);
    bridge.stop();
  });

  it("looks once for all that changed in one turn", async () => {
    const { bridge, clock, looks } = build();
    bridge.start();
    const before = looks();
    for (let n = 0; n < 100; n++) bridge.refresh();
    await clock.advance(0);
    expect(looks() - before).toBe(1);
    bridge.refresh();
    bridge.stop();
    expect(looks() - before).toBe(2);
    expect(clock.pending).toBe(0);
  });
});

describe("home assistant", () => {
  function build({ enabled = true, announced = [] as [string, Announced][] } = {}) {
    const clock = new FakeClock();
    const publisher = new FakePublisher();
    const kept = new Map<string, Announced>(announced);
    const store = {
      load: () => new Map(kept),
      save: (topic: string, components: Announced) => void kept.set(topic, components),
      remove: (topic: string) => void kept.delete(topic),
    };
    const announcer = new Announcer({ publisher, store, clock });
    let commands = new Set(["lock"]);
    const homeAssistant = new HomeAssistant({
      settings: { baseTopic: "smartcar", units: "metric", version: "1.2.3", commandMaxAgeMs: 60_000 },
      topics,
      announcer,
      enabled,
      commands: () => commands,
    });
    announcer.start();
    return { homeAssistant, publisher, clock, kept, allow: (...names: string[]) => (commands = new Set(names)) };
  }
  const DEVICE = `homeassistant/device/smartcar_${CAR}/config`;
  const readings = (...names: string[]) => new Map(names.map((name) => [name, 1]));

  it("announces a car once, and again only when its entities would differ", async () => {
    const { homeAssistant, publisher, clock, allow } = build();
    homeAssistant.announceCar(car(), readings("battery"), []);
    await clock.advance(seconds(2));
    expect(publisher.said()).toEqual([DEVICE]);
    homeAssistant.announceCar(car(), new Map([["battery", 99]]), []);
    await clock.advance(minutes(1));
    expect(publisher.said()).toEqual([]);
    homeAssistant.announceCar(car(), readings("battery", "range"), []);
    await clock.advance(seconds(2));
    expect(Object.keys((publisher.json(DEVICE) as { components: object }).components)).toContain("range");
    allow();
    homeAssistant.announceCar(car(), readings("battery", "range"), []);
    await clock.advance(seconds(10));
    expect(Object.keys((publisher.json(DEVICE) as { components: object }).components)).not.toContain("lock");
  });

  it("takes a car back, and what an earlier run announced for cars that are gone", async () => {
    const { homeAssistant, publisher, clock, kept } = build({ announced: [["gone", { a: "sensor" }]] });
    homeAssistant.announceBridge();
    homeAssistant.announceCar(car(), readings("battery"), []);
    await clock.advance(seconds(2));
    homeAssistant.withdrawOrphans();
    expect(publisher.said()).toContain("-gone");
    homeAssistant.withdrawCar(CAR);
    expect([...kept.keys()]).toEqual(["homeassistant/device/smartcar2mqtt_smartcar/config"]);
    homeAssistant.announceCar(car(), readings("battery"), []);
    await clock.advance(seconds(2));
    expect(publisher.held.has(DEVICE)).toBe(true);
  });

  it("says nothing while it is switched off, and takes back what it said before", async () => {
    const { homeAssistant, publisher, clock } = build({ enabled: false, announced: [[DEVICE, { a: "sensor" }]] });
    homeAssistant.announceBridge();
    homeAssistant.announceCar(car(), readings("battery"), []);
    homeAssistant.withdrawOrphans();
    await clock.advance(minutes(1));
    expect(publisher.said()).toEqual([`-${DEVICE}`]);
  });
});

import { describe, expect, it } from "vitest";
import { CommandInbox, type InboxOptions } from "../../../src/bridge/command-inbox.ts";
import type { Message, SessionEvents } from "../../../src/bridge/session-events.ts";
import { Topics } from "../../../src/bridge/topics.ts";
import type { CommandResult, Execution } from "../../../src/commands/execution.ts";
import { type CommandRequest, NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import { car } from "../../support/cars.ts";
import { strictEvents } from "../../support/events.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";
import { FakePublisher } from "./fake-publisher.ts";

function setup(overrides: Partial<InboxOptions> = {}) {
  const events = strictEvents<SessionEvents>();
  const publisher = new FakePublisher();
  const log = new FakeLog();
  const clock = new FakeClock();
  const filters: [string, object | undefined][] = [];
  const recalls: { filter: string; end: () => void; fail: () => void }[] = [];
  const requests: CommandRequest[] = [];
  const inbox = new CommandInbox({
    session: {
      events,
      subscribe: (filter: string, options?: object) => void filters.push([filter, options]),
      recall: (filter) =>
        new Promise((resolve, reject) => {
          recalls.push({ filter, end: resolve, fail: () => reject(new Error("offline")) });
        }),
    },
    publisher,
    topics: new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" }),
    runner: { submit: (request) => void requests.push(request) },
    vehicle: (topic) => (topic === "volkswagen-id-4" ? car() : undefined),
    allow: ["lock", "unlock", "charge_limit"],
    retainIsHidden: false,
    clock,
    log,
    ...overrides,
  });
  inbox.start();
  const send = (payload: string, more: Partial<Message> = {}) =>
    events.emit("message", {
      topic: "smartcar/volkswagen-id-4/lock/set",
      payload: Buffer.from(payload),
      retain: false,
      properties: {},
      ...more,
    });
  return { inbox, publisher, log, clock, filters, recalls, requests, send };
}

describe("command inbox", () => {
  it("listens to what is allowed and to nothing else, seeing the retain flag", () => {
    const { filters } = setup();
    expect(filters).toEqual([
      ["smartcar/+/lock/set", { retainAsPublished: true }],
      ["smartcar/+/charge_limit/set", { retainAsPublished: true }],
    ]);
    expect(setup({ allow: [] }).filters).toEqual([]);
  });

  it("makes a request of a message: value, id, times, expiry, where to answer", () => {
    const { send, requests, clock } = setup();
    send('{"value":"LOCK","id":"abc","at":"2026-11-21T11:59:30Z"}', {
      properties: { messageExpiryInterval: 5, responseTopic: "back", correlationData: Buffer.from([0, 255]) },
    });
    expect(requests).toEqual([
      {
        id: "abc",
        topic: "volkswagen-id-4",
        vehicle: car(),
        command: "lock",
        value: "LOCK",
        requestedAt: clock.now() - 30_000,
        receivedAt: clock.now(),
        expiresAt: clock.now() + 5_000,
        retained: false,
        reply: { responseTopic: "back", correlationData: "AP8=" },
        unreadable: null,
      },
    ]);
  });

  it("makes an id of its own where there is none, and names an unknown car as such", () => {
    const { send, requests } = setup();
    send("LOCK");
    send("LOCK", { topic: "smartcar/other/lock/set" });
    expect(requests[0]?.id).not.toBe(requests[1]?.id);
    expect(requests[1]).toMatchObject({ topic: "other", vehicle: null });
  });

  it("erases a retained command and has it refused, but never answers the erasure", () => {
    const { send, requests, publisher } = setup();
    send("LOCK", { retain: true });
    send("", { retain: true });
    expect(publisher.said()).toEqual(["-smartcar/volkswagen-id-4/lock/set"]);
    expect(requests).toMatchObject([{ retained: true }]);
  });

  it("looks up whether a live message is stored where MQTT 3.1.1 hides the flag", async () => {
    const { send, publisher, requests, recalls } = setup({ retainIsHidden: true });
    send("LOCK");
    send("UNLOCK");
    await settle();
    expect([recalls.map(({ filter }) => filter), requests.length]).toEqual([["smartcar/+/lock/set"], 0]);
    recalls[0]?.end();
    await settle();
    send("UNLOCK", { retain: true });
    recalls[1]?.end();
    await settle();
    expect(requests.map(({ value, retained }) => [value, retained])).toEqual([
      ["LOCK", false],
      ["UNLOCK", true],
    ]);
    expect(publisher.said()).toEqual(["-smartcar/volkswagen-id-4/lock/set"]);
  });

  it("answers a stored message once, though a look for another car's shows it again", async () => {
    const { send, publisher, requests, recalls } = setup({ retainIsHidden: true });
    const topic = "smartcar/volvo-xc60/lock/set";
    send("LOCK");
    send("LOCK", { topic });
    await settle();
    send("LOCK", { retain: true });
    recalls[0]?.end();
    await settle();
    expect(publisher.said()).toEqual(["-smartcar/volkswagen-id-4/lock/set"]);
    publisher.erasing.add("smartcar/volkswagen-id-4/lock/set");
    // The broker has not heard yet that it is to forget the first one.
    send("LOCK", { retain: true });
    recalls[1]?.end();
    await settle();
    expect(requests.map(({ topic: name, retained }) => [name, retained])).toEqual([
      ["volkswagen-id-4", true],
      ["volvo-xc60", false],
    ]);
  });

  it("takes nothing of what was stored for live, though it is erased by the time of its own look", async () => {
    const { send, requests, recalls } = setup({ retainIsHidden: true });
    send("LOCK");
    send("UNLOCK");
    await settle();
    send("UNLOCK", { retain: true });
    recalls[0]?.end();
    await settle();
    expect(requests.map(({ value, retained }) => [value, retained])).toEqual([
      ["LOCK", true],
      ["UNLOCK", true],
    ]);
    expect(recalls).toHaveLength(1);
  });

  it("does not trust a look at a topic that was being erased when the message came", async () => {
    const { send, publisher, requests } = setup({ retainIsHidden: true });
    publisher.erasing.add("smartcar/volkswagen-id-4/lock/set");
    send("UNLOCK");
    await settle();
    expect(requests).toMatchObject([{ retained: true }]);
  });

  it("refuses what it cannot look up, and more than it can look up at once", async () => {
    const { send, publisher, requests, recalls } = setup({ retainIsHidden: true });
    for (let n = 0; n < 21; n++) send("LOCK");
    expect(publisher.replies).toHaveLength(1);
    await settle();
    recalls[0]?.fail();
    await settle();
    expect([publisher.replies.length, requests.length]).toEqual([2, 0]);
  });

  it.each(["smartcar/car/state", "smartcar/car/nonsense/set", "other/car/lock/set", "smartcar/bridge/request/refresh"])(
    "takes no command from %s",
    (topic) => {
      const { send, requests } = setup();
      send("LOCK", { topic });
      expect(requests).toEqual([]);
    },
  );

  it.each(["", "a/#", "a/+/b", "$SYS/x", "nul\u0000"])("does not answer on the topic %j", (responseTopic) => {
    const { send, requests } = setup();
    send("LOCK", { properties: { responseTopic } });
    expect(requests[0]?.reply).toEqual(NO_REPLY_ADDRESS);
  });

  it.each(["smartcar/other/lock/set", "smartcar/bridge/request/doctor", "smartcar/other/battery"])(
    "does not answer on %s, where its answer would be taken for something else",
    (responseTopic) => {
      const { send, requests, publisher } = setup();
      publisher.retain("smartcar/other/battery", "50");
      send("LOCK", { properties: { responseTopic, correlationData: Buffer.from("x") } });
      expect(requests[0]?.reply).toEqual(NO_REPLY_ADDRESS);
    },
  );

  it("answers what it refuses by itself where it was asked to as well", async () => {
    const properties = { responseTopic: "back", correlationData: Buffer.from([0, 255]) };
    const unstored = setup({
      runner: {
        submit: () => {
          throw new Error("disk full");
        },
      },
    });
    unstored.send("LOCK", { properties });
    const unseen = setup({ retainIsHidden: true });
    unseen.send("LOCK", { properties });
    await settle();
    unseen.recalls[0]?.fail();
    await settle();
    for (const { publisher } of [unstored, unseen]) {
      const [back, result] = publisher.replies;
      expect(publisher.replies).toHaveLength(2);
      expect(back).toMatchObject({ topic: "back", properties: { correlationData: Buffer.from([0, 255]) } });
      expect(result).toMatchObject({ topic: "smartcar/volkswagen-id-4/lock/result", payload: back?.payload });
      expect(JSON.parse(back?.payload ?? "")).toMatchObject({ status: "rejected" });
    }
  });

  it("tells the caller when a request could not even be stored", () => {
    const refuse = () => {
      throw new Error("disk full");
    };
    const { send, publisher } = setup({ runner: { submit: refuse } });
    send('{"value":"LOCK","id":"abc"}');
    expect(publisher.replies[0]?.topic).toBe("smartcar/volkswagen-id-4/lock/result");
    expect(JSON.parse(publisher.replies[0]?.payload ?? "")).toMatchObject({
      id: "abc",
      status: "rejected",
      error: { code: "NOT_STORED", message: "disk full" },
    });
  });

  it("answers on the result topic and where it was asked to, and notes only what arrived", async () => {
    const { inbox, publisher, log } = setup();
    const execution = {
      topic: "car",
      command: "lock",
      id: "abc",
      reply: { responseTopic: "back", correlationData: "AP8=" },
    };
    const answer = {
      execution: execution as unknown as Execution,
      result: { id: "abc" } as CommandResult,
      vehicle: null,
    };
    let noted = 0;
    inbox.answer({ ...answer, delivered: () => void noted++ });
    await settle();
    publisher.delivers = false;
    inbox.answer({ ...answer, delivered: () => void noted++ });
    await settle();
    expect(publisher.replies.slice(0, 2)).toEqual([
      { topic: "back", payload: '{"id":"abc"}', properties: { correlationData: Buffer.from([0, 255]) } },
      { topic: "smartcar/car/lock/result", payload: '{"id":"abc"}', properties: {} },
    ]);
    expect([noted, log.at("warn").length]).toEqual([1, 1]);
  });

  it("hears nothing after its stop", async () => {
    const { inbox, send, requests } = setup();
    await inbox.stop();
    send("LOCK");
    expect(requests).toEqual([]);
  });
});

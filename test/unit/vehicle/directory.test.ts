import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { vehicleTopic } from "../../../src/bridge/vehicle-topic.ts";
import { days, minutes, seconds } from "../../../src/lib/duration.ts";
import { Directory, type DirectoryEvents, type VehicleOverride } from "../../../src/vehicle/directory.ts";
import { userId, vehicleId } from "../../../src/vehicle/ids.ts";
import type { Connection } from "../../../src/vehicle/vehicle.ts";
import { connection } from "../../support/cars.ts";
import { collect, strictEvents } from "../../support/events.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { tempStore } from "../../support/temp-store.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock();
});
afterEach(() => files.remove());

const A = vehicleId("aaaa1111");
const B = vehicleId("aaaa2222");
const C = vehicleId("cccc3333");

function build(overrides: readonly VehicleOverride[] = [], store = files.store) {
  const events = strictEvents<DirectoryEvents>();
  let listed: readonly Connection[] | Error = [];
  let lists = 0;
  const directory = new Directory({
    clock,
    random: () => 0,
    source: {
      listConnections: () => {
        lists++;
        return listed instanceof Error ? Promise.reject(listed) : Promise.resolve(listed);
      },
    },
    store: store.vehicles,
    overrides,
    nameTopic: ({ vehicleId: id, make, model }, taken) => vehicleTopic({ id, make, model }, taken),
    events,
  });
  return {
    directory,
    added: collect(events, "added"),
    updated: collect(events, "updated"),
    disconnected: collect(events, "disconnected"),
    removed: collect(events, "removed"),
    renamed: collect(events, "renamed"),
    failed: collect(events, "failed"),
    lists: () => lists,
    async list(...connections: Connection[]) {
      listed = connections;
      await directory.refresh();
    },
    fail() {
      listed = new Error("no answer");
    },
    topics: () => Object.fromEntries(directory.list().map(({ id, topic }) => [id, topic])),
  };
}
/** A first life that has seen these cars. */
async function once(connections: readonly Connection[], overrides: readonly VehicleOverride[] = []) {
  const first = build(overrides);
  first.directory.start();
  await settle();
  await first.list(...connections);
  await first.directory.stop();
  return first;
}
const cars = [A, B].map((id) => connection({ id }));

describe("directory", () => {
  it("names cars apart, and keeps the names over restarts, whatever their make becomes", async () => {
    const first = await once(cars);
    const names = { [A]: "volkswagen-id-4", [B]: "volkswagen-id-4-aaaa" };
    expect([first.topics(), first.added.map(({ name }) => name)]).toEqual([
      names,
      ["Volkswagen ID.4", "Volkswagen ID.4"],
    ]);
    const again = build([], files.reopen());
    again.fail();
    again.directory.start();
    expect(again.topics()).toEqual(names);
    await settle();
    await again.list(...cars.map((known) => ({ ...known, model: "ID.5" })));
    expect(again.topics()).toEqual(names);
    expect([again.added, again.updated.length]).toEqual([[], 2]);
    await again.directory.stop();
  });

  it("serves what it knows before Smartcar answers, and says nothing when nothing changed", async () => {
    await once(cars);
    const again = build([], files.reopen());
    again.fail();
    again.directory.start();
    expect(again.directory.byTopic("volkswagen-id-4")?.id).toBe(A);
    await settle();
    await again.list(...cars);
    expect([again.added, again.updated, again.disconnected]).toEqual([[], [], []]);
    await again.directory.stop();
  });

  it("gives way to configured names, also where two cars trade theirs", async () => {
    await once(cars);
    const traded = build(
      [
        { id: A, topic: "volkswagen-id-4-aaaa" },
        { id: B, topic: "volkswagen-id-4", name: "Family car" },
      ],
      files.reopen(),
    );
    traded.directory.start();
    expect(traded.topics()).toEqual({ [A]: "volkswagen-id-4-aaaa", [B]: "volkswagen-id-4" });
    expect(traded.renamed.map(({ oldTopic }) => oldTopic)).toEqual(["volkswagen-id-4", "volkswagen-id-4-aaaa"]);
    expect(traded.directory.get(B)?.name).toBe("Family car");
    expect(traded.directory.byTopic("volkswagen-id-4")?.id).toBe(B);
    await traded.directory.stop();
  });

  it("finds another name for a car whose name another one is given", async () => {
    await once(cars);
    const store = files.reopen();
    const given = build([{ id: B, topic: "volkswagen-id-4" }], store);
    given.directory.start();
    expect(given.topics()).toEqual({ [A]: "volkswagen-id-4-aaaa1", [B]: "volkswagen-id-4" });
    await given.directory.stop();
    // The name is kept when the override goes, since a name never changes by itself.
    const kept = build([], files.reopen());
    kept.directory.start();
    expect(kept.topics()).toEqual(given.topics());
    await kept.directory.stop();
  });

  it("never takes a name that a car not seen yet is given", async () => {
    const { directory, list, topics } = build([{ id: C, topic: "volkswagen-id-4" }]);
    directory.start();
    await settle();
    await list(connection({ id: A }), connection({ id: C }));
    expect(topics()).toEqual({ [A]: "volkswagen-id-4-aaaa", [C]: "volkswagen-id-4" });
    await directory.stop();
  });

  it("stays with the user of a car it used before, else takes who granted most, whatever the order", async () => {
    const rich = connection({ id: A, userId: userId("u2"), permissions: ["a", "b", "c"] });
    const poor = connection({ id: A, userId: userId("u1"), permissions: ["a"] });
    const { directory, list, updated } = build();
    directory.start();
    await settle();
    await list(poor);
    await list(rich, poor);
    await list(poor, rich);
    expect([directory.get(A)?.userId, updated]).toEqual(["u1", []]);
    await list(rich);
    expect(directory.get(A)?.userId).toBe("u2");
    await directory.stop();
    const other = build([], tempStoreOf());
    other.directory.start();
    await settle();
    await other.list(poor, rich);
    expect(other.directory.get(A)?.userId).toBe("u2");
    await other.directory.stop();
  });

  it("calls a car missing at first, takes it back when it returns, and removes it at the second miss", async () => {
    const { directory, list, disconnected, removed, updated, topics } = build();
    directory.start();
    await settle();
    await list(...cars);
    await list(connection({ id: A }));
    expect(disconnected).toMatchObject([{ id: B, connected: false }]);
    await list(...cars);
    expect(updated).toMatchObject([{ vehicle: { id: B, connected: true } }]);
    await list(connection({ id: A }));
    expect(removed).toEqual([]);
    await clock.advance(seconds(30));
    expect(removed).toMatchObject([{ id: B }]);
    expect([topics(), directory.byTopic("volkswagen-id-4-aaaa")]).toEqual([{ [A]: "volkswagen-id-4" }, undefined]);
    await directory.stop();
  });

  it("leaves disabled vehicles alone, and takes back one that becomes disabled", async () => {
    await once(cars);
    const { directory, list, fail, removed, added, topics } = build([{ id: B, enabled: false }], files.reopen());
    fail();
    directory.start();
    expect([removed.map(({ id }) => id), directory.isIgnored(B), directory.get(B)]).toEqual([[B], true, undefined]);
    await settle();
    await list(...cars);
    expect([topics(), added]).toEqual([{ [A]: "volkswagen-id-4" }, []]);
    await directory.stop();
  });
});

describe("listing connections", () => {
  it("comes every ten minutes, and calls at the same time share one", async () => {
    const { directory, lists } = build();
    directory.start();
    await Promise.all([directory.refresh(), directory.refresh()]);
    expect([lists(), directory.listedAt]).toEqual([1, clock.now()]);
    await clock.advance(minutes(20));
    expect(lists()).toBe(3);
    await directory.stop();
    expect(clock.pending).toBe(0);
  });

  it("backs off while it fails, from 5 s to 10 min, and forgets that with the first success", async () => {
    const { directory, lists, fail, failed, list } = build();
    fail();
    directory.start();
    await clock.advance(seconds(5 + 10 + 20));
    expect([lists(), failed.length]).toEqual([4, 4]);
    await clock.advance(minutes(60));
    const before = lists();
    await clock.advance(minutes(10));
    expect(lists()).toBe(before + 1);
    await list();
    await clock.advance(minutes(10));
    expect(lists()).toBe(before + 3);
    await directory.stop();
  });

  it("comes soon when asked for, but not sooner than is polite, and asked often only once", async () => {
    const { directory, lists } = build();
    directory.start();
    await settle();
    for (let n = 0; n < 50; n++) directory.refreshSoon();
    await clock.advance(seconds(29));
    expect(lists()).toBe(1);
    await clock.advance(seconds(1));
    expect(lists()).toBe(2);
    await clock.advance(minutes(5));
    directory.refreshSoon();
    await clock.advance(0);
    expect(lists()).toBe(3);
    await directory.stop();
  });

  it("is not hurried by deliveries of a stranger while it fails", async () => {
    const { directory, lists, fail } = build();
    fail();
    directory.start();
    await settle();
    for (let n = 0; n < 40; n++) {
      directory.refreshSoon();
      await clock.advance(seconds(1));
    }
    expect(lists()).toBe(4);
    await directory.stop();
  });

  it("does not wait longer because the clock was set back", async () => {
    const { directory, lists } = build();
    directory.start();
    await settle();
    clock.jump(-days(1));
    directory.refreshSoon();
    await clock.advance(seconds(30));
    expect(lists()).toBe(2);
    await directory.stop();
  });

  it("leaves no timer and tells no failure after its stop", async () => {
    const { directory, fail, failed } = build();
    fail();
    directory.start();
    await directory.stop();
    directory.refreshSoon();
    expect([failed, clock.pending]).toEqual([[], 0]);
  });
});

/** An empty database beside the one of the test. */
function tempStoreOf() {
  const other = tempStore();
  const { remove } = files;
  files = {
    ...files,
    remove: () => {
      remove();
      other.remove();
    },
  };
  return other.store;
}

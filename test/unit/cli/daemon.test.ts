import { beforeEach, describe, expect, test } from "vitest";
import { type Daemon, runDaemon } from "../../../src/cli/daemon.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { settle } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

let calls: string[];
let terminal: FakeTerminal;
const log = new FakeLog();
const never = new Promise<void>(() => {});

function fakeApp(start: () => Promise<void> = async () => {}): Daemon {
  return {
    async start() {
      calls.push("start");
      await start();
    },
    async stop(limitMs) {
      calls.push(`stop ${limitMs}`);
      return [];
    },
    page: {
      async start() {
        calls.push("page");
      },
      async stop() {
        calls.push("no page");
      },
    },
    failed: never,
    addresses: { privateUrl: "http://127.0.0.1:1", publicUrl: "http://127.0.0.1:2" },
  };
}

beforeEach(() => {
  calls = [];
  terminal = new FakeTerminal();
});

test("runs until a signal, stops within 8 s, and ends with 0", async () => {
  const end = runDaemon(fakeApp(), { terminal, log, onStarted: () => void calls.push("started") });
  await settle();
  expect(calls).toEqual(["start", "started"]);
  terminal.process.emit("SIGTERM");
  expect(await end).toBe(0);
  expect(calls).toEqual(["start", "started", "stop 8000"]);
});

test("a signal during the start stops once it has started", async () => {
  let started: () => void = () => {};
  const end = runDaemon(
    fakeApp(() => new Promise((resolve) => (started = resolve))),
    { terminal, log },
  );
  terminal.process.emit("SIGINT");
  await settle();
  expect(calls).toEqual(["start"]);
  started();
  expect(await end).toBe(0);
  expect(calls).toEqual(["start", "stop 8000"]);
});

test("a start that fails is one line with what to do, and ends with 1", async () => {
  const busy = new AppError("PORT", "port 8080 is in use", { disposition: "fix-config", hint: "Set http.port." });
  expect(
    await runDaemon(
      fakeApp(() => Promise.reject(busy)),
      { terminal, log },
    ),
  ).toBe(1);
  expect(terminal.stderr).toBe("smartcar2mqtt: port 8080 is in use. Set http.port.\n");
});

describe("a data directory that cannot be used", () => {
  const unusable = new AppError("STORE_OPEN", "cannot write /data", { disposition: "fix-config", hint: "chown it" });
  let mended: boolean;
  const app = () => fakeApp(() => (mended ? Promise.resolve() : Promise.reject(unusable)));
  beforeEach(() => {
    mended = false;
  });

  test("is said once and shown on the page; mended, the start goes on", async () => {
    const end = runDaemon(app(), { terminal, log });
    await terminal.clock.advance(10_000);
    expect(terminal.stderr).toBe("smartcar2mqtt: cannot write /data. chown it\n");
    expect(calls.slice(0, 3)).toEqual(["start", "page", "start"]);
    mended = true;
    await terminal.clock.advance(2_000);
    terminal.process.emit("SIGTERM");
    expect(await end).toBe(0);
    expect(calls.slice(-2)).toEqual(["start", "stop 8000"]);
  });

  test("that is not mended within a minute ends with 1", async () => {
    const end = runDaemon(app(), { terminal, log });
    await terminal.clock.advance(60_000);
    expect(await end).toBe(1);
    expect(calls.at(-1)).toBe("no page");
    expect(terminal.stderr.split("\n")).toHaveLength(2);
  });

  test("does not keep the program from ending", async () => {
    const end = runDaemon(app(), { terminal, log });
    await terminal.clock.advance(5_000);
    terminal.process.emit("SIGTERM");
    expect(await end).toBe(0);
    expect(calls.at(-1)).toBe("no page");
  });

  test("beside a port that is taken ends with 1 at once, since nobody would see why", async () => {
    const busy = { ...app(), page: { start: () => Promise.reject(new Error("taken")), stop: async () => {} } };
    expect(await runDaemon(busy, { terminal, log })).toBe(1);
    expect(terminal.stderr).toBe("smartcar2mqtt: cannot write /data. chown it\n");
  });

  test("that gives way to another failure ends with 1, and says that too", async () => {
    let failure: Error = unusable;
    const end = runDaemon(
      fakeApp(() => Promise.reject(failure)),
      { terminal, log },
    );
    await settle();
    failure = new AppError("PORT", "port 8088 is in use", { disposition: "fix-config" });
    await terminal.clock.advance(2_000);
    expect(await end).toBe(1);
    expect(terminal.stderr).toContain("port 8088 is in use");
  });
});

test("a failure nobody caught stops in order, and ends with 1", async () => {
  const end = runDaemon(fakeApp(), { terminal, log });
  await settle();
  terminal.process.emit("unhandledRejection", new Error("x"));
  expect(await end).toBe(1);
  expect(calls).toEqual(["start", "stop 8000"]);
});

test("an app that cannot go on is stopped in order, and ends with 1", async () => {
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
  const app = { ...fakeApp(), failed };
  const end = runDaemon(app, { terminal, log });
  await settle();
  expect(calls).toEqual(["start"]);
  fail();
  expect(await end).toBe(1);
  expect(calls).toEqual(["start", "stop 8000"]);
});

test("a second signal while it stops ends at once", async () => {
  const stopping = fakeApp();
  void runDaemon({ ...stopping, addresses: stopping.addresses, stop: () => new Promise(() => {}) }, { terminal, log });
  await settle();
  terminal.process.emit("SIGTERM");
  await terminal.clock.advance(1_000);
  terminal.process.emit("SIGTERM");
  expect(terminal.abandoned).toEqual([1]);
});

import { expect, test } from "vitest";
import { Chain, type ChainOptions } from "../../../src/doctor/chain.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { NO_REQUESTS } from "../../../src/smartcar/webhook-stats.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { strictEvents } from "../../support/events.ts";

const BROKEN = { message: "the database cannot be used any longer", hint: "restart" };

/** Everything well but the database. */
function chain(failure: ChainOptions["database"]["failure"]): Chain {
  const options: ChainOptions = {
    session: { status: () => ({ state: "connected", detail: null, fix: null, since: 0 }) },
    gateway: { tokenStatus: () => ({ valid: true, error: null, expiresAt: null }), unreadableConnections: 0 },
    directory: { list: () => [car()], listedAt: 1 },
    intake: { state: () => EMPTY_STATE },
    subscriber: { verdict: { kind: "unchecked" }, isSubscribed: () => true },
    webhook: { stats: () => NO_REQUESTS },
    publisher: { holds: () => true },
    database: { path: "/data/smartcar2mqtt.db", incident: null, failure, exposure: null, freeBytes: null, version: 2 },
    budgetOf: () => {
      throw new AppError("STORE_BROKEN", BROKEN.message, { disposition: "retry" });
    },
    events: strictEvents(),
    hasWebhookKey: false,
    autoSubscribe: false,
    callbackUrl: null,
    warnings: [],
    slips: [],
    discoveryTopic: null,
  };
  return new Chain(options);
}

test("a database that cannot be used any longer makes the bridge not ready, and says why", () => {
  expect(chain(null).readiness()).toMatchObject({ ready: true, parts: { database: { ok: true, detail: null } } });
  expect(chain(BROKEN).readiness()).toMatchObject({
    ready: false,
    parts: { mqtt: { ok: true }, smartcar: { ok: true }, database: { ok: false, detail: BROKEN.message } },
  });
});

test("its link says what to do, and the count of calls is not asked for", () => {
  const links = chain(BROKEN).broken();
  expect(links.map(({ name }) => name)).toContain("disk");
  expect(links.find(({ name }) => name === "disk")).toMatchObject({ detail: BROKEN.message, fix: BROKEN.hint });
  expect(
    chain(BROKEN)
      .links()
      .find(({ name }) => name === "budget"),
  ).toMatchObject({ status: "not_known" });
});

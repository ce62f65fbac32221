import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { probeBroker } from "../../../src/bridge/broker-probe.ts";
import {
  configurationLink,
  connectionsLink,
  credentialsLink,
  permissionsLink,
  tokenLink,
  userIdsLink,
} from "../../../src/doctor/account.ts";
import { publicPortAnswer, webhookCounts } from "../../../src/doctor/daemon-probe.ts";
import { brokerLink, budgetLink, discoveryLink, diskLink, readingsLink } from "../../../src/doctor/home.ts";
import { LINK_NAMES, type Link } from "../../../src/doctor/link.ts";
import { linesOf } from "../../../src/doctor/report.ts";
import {
  deliveriesLink,
  publicAddressLink,
  signaturesLink,
  subscriptionsLink,
  verificationLink,
  webhookKeyLink,
  webhookLink,
  webhookLinks,
} from "../../../src/doctor/webhook.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { smartcarError } from "../../../src/smartcar/errors.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import type { WebhookVerdict } from "../../../src/vehicle/subscriber.ts";
import { car } from "../../support/cars.ts";
import { freePort } from "../../support/free-port.ts";
import { observation } from "../../support/observations.ts";

const HOOK = {
  id: "w1",
  name: "bridge",
  callbackUri: "https://cars.example.org/webhooks/smartcar",
  isEnabled: true,
  triggers: [signalCode("closure-islocked")],
  signals: [signalCode("closure-islocked")],
};
const FINE: WebhookVerdict = { kind: "fine", webhook: HOOK };
const statusOf = (links: readonly Link[]) => links.map(({ name, status }) => `${name}: ${status}`);

describe("the account's links", () => {
  it("call a valid configuration with warnings valid", () => {
    expect(configurationLink(["http.password: is not set"])).toMatchObject({ status: "ok" });
    expect(configurationLink(["http.password: is not set"]).detail).toContain("http.password");
  });

  it("forget about shapes once a token was issued, but not about the management token", () => {
    const slip = (key: string) => ({ key, what: "looks wrong", mend: "mend it" });
    const slips = [slip("smartcar.client_id"), slip("smartcar.management_token")];
    expect(credentialsLink(slips, false).detail).toContain("smartcar.client_id");
    expect(credentialsLink(slips, true).detail).toBe("smartcar.management_token looks wrong");
    expect(credentialsLink([slip("smartcar.client_id")], true).status).toBe("ok");
  });

  it("tell a refusal from an outage", () => {
    const refused = tokenLink({ valid: false, error: smartcarError("SC_CREDENTIALS", "the login was refused") });
    expect(refused).toMatchObject({ status: "failed", detail: "the login was refused" });
    const away = tokenLink({ valid: false, error: smartcarError("SC_UNREACHABLE", "no connection") });
    expect(away.detail).toContain("your credentials were not judged");
    expect(tokenLink({ valid: false, error: null }).status).toBe("not_known");
    // A renewal that failed leaves a token that is good.
    expect(tokenLink({ valid: true, error: smartcarError("SC_TIMEOUT", "late") }).status).toBe("ok");
  });

  it("say what to do when no car is connected, and when a connection is no use", () => {
    expect(connectionsLink({ error: null, connected: 0 }).fix).toContain("connect-url");
    expect(userIdsLink({ error: null, connected: 1 }, 2)).toMatchObject({ status: "failed" });
    expect(userIdsLink({ error: null, connected: 1 }, 0).status).toBe("ok");
    expect(userIdsLink({ error: new Error("x"), connected: null }, 0).status).toBe("not_known");
  });

  it("do not call a profile that the owner keeps back a failure, but the battery", () => {
    const keptBack = (name: string) => {
      const code = signalCode(name);
      const error = { type: "PERMISSION", code: null, message: null };
      const complaint = observation({ code, status: "ERROR", error, body: null });
      const signals = new Map([[code, { code, value: null, complaint, refused: null }]]);
      return permissionsLink([{ vehicle: car(), state: { ...EMPTY_STATE, signals } }]);
    };
    expect(permissionsLink([{ vehicle: car(), state: EMPTY_STATE }]).status).toBe("not_known");
    expect(keptBack("vehicleuseraccount-role")).toMatchObject({
      status: "ok",
      detail: expect.stringContaining("vehicleuseraccount-role"),
    });
    expect(keptBack("tractionbattery-stateofcharge")).toMatchObject({ status: "failed" });
  });
});

describe("the webhook's links", () => {
  const BEHIND = ["callback URL", "webhook enabled", "triggers", "signals"];

  it.each<[string, WebhookVerdict, readonly string[], string | undefined]>([
    ["unchecked", { kind: "unchecked" }, ["not_known", "not_known", "not_known", "not_known", "not_known"], undefined],
    [
      "no-address",
      { kind: "no-address" },
      ["not_known", "not_known", "not_known", "not_known", "not_known"],
      undefined,
    ],
    [
      "missing, with none at all",
      { kind: "missing", expected: "https://a/b", found: [] },
      ["failed", "not_known", "not_known", "not_known", "not_known"],
      "webhook",
    ],
    [
      "missing, with another one",
      { kind: "missing", expected: "https://a/b", found: ["https://c/d"] },
      ["ok", "failed", "not_known", "not_known", "not_known"],
      "callback URL",
    ],
    ["disabled", { kind: "disabled", webhook: HOOK }, ["ok", "ok", "failed", "ok", "ok"], "webhook enabled"],
    [
      "without triggers",
      { kind: "no-triggers", webhook: { ...HOOK, triggers: [] } },
      ["ok", "ok", "ok", "failed", "ok"],
      "triggers",
    ],
    [
      "without signals",
      { kind: "no-signals", webhook: { ...HOOK, signals: [] } },
      ["ok", "ok", "ok", "ok", "failed"],
      "signals",
    ],
    ["fine", FINE, ["ok", "ok", "ok", "ok", "ok"], undefined],
  ])("are five for a webhook that is %s", (_name, verdict, expected, broken) => {
    const links = webhookLinks(verdict);
    expect(links.map(({ name }) => name)).toEqual(["webhook", ...BEHIND]);
    expect(links.map(({ status }) => status)).toEqual(expected);
    const foremost = webhookLink(verdict);
    if (broken !== undefined) expect(foremost).toMatchObject({ name: broken, status: "failed" });
    for (const { status, fix } of links) if (status === "failed") expect(fix).toMatch(/\w/);
  });

  it("are nobody's fault without a token", () => {
    const verdict: WebhookVerdict = { kind: "failed", error: new Error("no token") };
    expect(webhookLinks(verdict, false)[0]).toMatchObject({ status: "not_known", detail: 'needs "token" first' });
    expect(webhookLinks(verdict)[0]).toMatchObject({ status: "failed", detail: "no token" });
  });

  it("know a verified webhook by what came from it", () => {
    const facts = { hasKey: true, answered: 0, delivered: false };
    expect(verificationLink(facts)).toMatchObject({
      status: "not_known",
      fix: expect.stringContaining("press Verify"),
    });
    expect(verificationLink({ ...facts, answered: 1 }).status).toBe("ok");
    expect(verificationLink({ ...facts, delivered: true }).status).toBe("ok");
    expect(verificationLink({ ...facts, answered: null }).status).toBe("not_known");
    expect(verificationLink({ ...facts, hasKey: false }).detail).toBe('needs "webhook key" first');
  });

  it("know who is not subscribed, and who would mend it", () => {
    const facts = { looked: true, missing: ["Car"], cars: 2, autoSubscribe: true };
    expect(subscriptionsLink(facts).fix).toContain("by itself");
    expect(subscriptionsLink({ ...facts, autoSubscribe: false }).fix).toContain("smartcar.auto_subscribe");
    expect(subscriptionsLink({ ...facts, looked: false }).status).toBe("not_known");
    expect(subscriptionsLink({ ...facts, missing: [] }).status).toBe("ok");
  });

  it("never call the way from the internet broken", () => {
    expect(publicAddressLink("https://a/b", "no bridge answers").status).toBe("not_known");
    expect(publicAddressLink(null, null).status).toBe("not_known");
  });

  it("judge signatures by what was refused and accepted", () => {
    expect(signaturesLink(null).status).toBe("not_known");
    expect(signaturesLink({ accepted: 0, refused: 0, cause: null }).status).toBe("not_known");
    expect(signaturesLink({ accepted: 3, refused: 0, cause: null }).status).toBe("ok");
    expect(signaturesLink({ accepted: 3, refused: 9, cause: "signature missing" }).status).toBe("ok");
    const fixOf = (cause: string) => signaturesLink({ accepted: 0, refused: 9, cause }).fix;
    expect(signaturesLink({ accepted: 0, refused: 9, cause: "wrong key" })).toMatchObject({ status: "failed" });
    expect(fixOf("wrong key")).toMatch(/management_token.*proxy.*new application/);
    expect(fixOf("body encoded on the way")).toMatch(/proxy/);
    expect(fixOf("body is not json")).not.toContain("management_token");
    expect(fixOf("signature missing")).toContain("SC-Signature");
  });
});

describe("the links at home", () => {
  const budget = { name: "Car", used: 3, remaining: 2, forPolling: 0, budget: 5, resetsAt: Date.UTC(2026, 1, 1) };

  it("tell a spent budget from a reserve", () => {
    expect(budgetLink([{ ...budget, remaining: 0 }])).toMatchObject({
      status: "failed",
      detail: "Car: 3 of 5 calls used up until 2026-02-01",
    });
    expect(budgetLink([budget])).toMatchObject({ status: "ok", detail: expect.stringContaining("reserve") });
    expect(budgetLink([{ ...budget, estimated: true }]).detail).toContain("estimated");
    expect(budgetLink([{ ...budget, budget: 0, remaining: null, forPolling: null }]).detail).toContain("unlimited");
  });

  it("do not blame a bridge that has just started for what it has not announced yet", () => {
    const facts = { enabled: true, looked: true, cars: 1, missing: ["Car"], settling: true };
    expect(discoveryLink(facts).status).toBe("not_known");
    expect(discoveryLink({ ...facts, settling: false }).status).toBe("failed");
    expect(discoveryLink({ ...facts, enabled: false }).status).toBe("ok");
    expect(discoveryLink({ ...facts, looked: false }).status).toBe("not_known");
  });

  it("notice a disk that is nearly full, and a database that was replaced", () => {
    const facts = { path: "/data/x.db", failure: null, freeBytes: 1e9, version: 2, incident: null, exposure: null };
    expect(diskLink(facts).status).toBe("ok");
    expect(diskLink({ ...facts, freeBytes: 1e6 }).status).toBe("failed");
    expect(diskLink({ ...facts, exposure: "others may open it: chmod 600" })).toMatchObject({
      status: "ok",
      detail: expect.stringContaining("chmod 600"),
    });
    expect(diskLink({ ...facts, incident: "it was broken" })).toMatchObject({ status: "failed" });
  });
});

describe("a report", () => {
  it("has a line a link, and below it what to do", () => {
    const links = [webhookKeyLink(true), brokerLink({ connected: false, detail: "nothing listens", fix: "start it" })];
    expect(linesOf(links)).toEqual([
      "ok         webhook key      free    smartcar.management_token is set",
      "FAILED     broker           free    nothing listens",
      "           → start it",
      "",
      '1 failed; begin with "broker".',
    ]);
  });

  it("knows every name", () => {
    const all = [
      ...webhookLinks(FINE),
      deliveriesLink([]),
      readingsLink([]),
      webhookKeyLink(false),
      connectionsLink({ error: null, connected: 1 }),
    ];
    for (const { name } of all) expect(LINK_NAMES).toContain(name);
    expect(statusOf([deliveriesLink([null, 5])])).toEqual(["deliveries: ok"]);
  });
});

describe("the probes", () => {
  it("wait only so long for a broker that says nothing", async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const broker = { url: `mqtt://127.0.0.1:${port}`, version: "5", clientId: "x" } as const;
    const probe = await probeBroker({ broker, topics: [], clock: systemClock, limitMs: 50 });
    expect(probe).toMatchObject({ ok: false, detail: expect.stringContaining("does not answer as an MQTT broker") });
    server.close();
  });

  it("find no bridge where none is", async () => {
    const place = { metricsUrl: `http://127.0.0.1:${await freePort()}/metrics`, webhookUrl: null };
    expect(await webhookCounts(place, systemClock)).toBeNull();
    expect(await publicPortAnswer(place, systemClock)).toBeNull();
  });
});

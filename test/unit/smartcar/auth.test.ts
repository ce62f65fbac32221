import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/duration.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { TokenSource, type TokenSourceOptions } from "../../../src/smartcar/auth.ts";
import type { HttpClient } from "../../../src/smartcar/http.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { failureOf, httpClient, type Reply, recordingLog, ScriptedServer } from "./support.ts";

const TOKEN_PATH = "POST /oauth2/token";
let server: ScriptedServer;
let http: HttpClient;
let clock: FakeClock;
let running: TokenSource[];

beforeEach(async () => {
  server = await new ScriptedServer().start();
  clock = new FakeClock();
  http = httpClient(clock);
  running = [];
});

afterEach(async () => {
  for (const source of running) source.stop();
  await http.stop();
  await server.stop();
  expect(clock.pending).toBe(0);
});

let issued = 0;
/** A login that hands out a new token each time. */
const fresh =
  (expiresIn: unknown = 3600): Reply =>
  () => ({ body: { access_token: `token-${++issued}-abcdef`, token_type: "Bearer", expires_in: expiresIn } });

const oauthError = (status: number, error: string): Reply => ({
  status,
  body: { error, error_description: `${error}!` },
});

function tokens(options: Partial<TokenSourceOptions> = {}) {
  const { log, lines } = recordingLog();
  const redactor = new Redactor();
  const source = new TokenSource({
    clientId: "client_1",
    clientSecrets: ["secret one&"],
    iamUrl: server.url,
    http,
    clock,
    random: () => 0,
    redactor,
    log,
    ...options,
  });
  running.push(source);
  return { source, redactor, lines };
}

/** Advances the clock and waits until the request that this causes has been answered. */
async function advanceUntilAsked(ms: number): Promise<void> {
  const asked = server.next();
  await clock.advance(ms);
  await asked;
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

describe("the token request", () => {
  it("is a form, with the secret in the body only", async () => {
    server.on(TOKEN_PATH, fresh());
    await tokens().source.get();
    const [request] = server.requests;
    expect(request?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(request?.body).toBe("grant_type=client_credentials&client_id=client_1&client_secret=secret+one%26");
    expect(request?.query.size).toBe(0);
  });

  it("can be JSON", async () => {
    server.on(TOKEN_PATH, fresh());
    await tokens({ bodyForm: "json", iamUrl: `${server.url}/` }).source.get();
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({
      grant_type: "client_credentials",
      client_id: "client_1",
      client_secret: "secret one&",
    });
  });

  it("is made once for all who ask at the same time", async () => {
    server.on(TOKEN_PATH, fresh());
    const { source } = tokens();
    const all = await Promise.all(Array.from({ length: 20 }, () => source.get()));
    expect(new Set(all).size).toBe(1);
    await source.get();
    expect(server.count(TOKEN_PATH)).toBe(1);
  });
});

describe("renewal", () => {
  it.each([
    ["an hour", 3600, minutes(60) - seconds(60)],
    ["an hour as text", "3600", minutes(60) - seconds(60)],
    ["60 seconds", 60, seconds(48)],
    ["five minutes", 300, seconds(240)],
    ["nothing", undefined, minutes(60) - seconds(60)],
    ["nonsense", "soon", minutes(60) - seconds(60)],
    ["zero", 0, minutes(60) - seconds(60)],
  ])("of a token that lives %s happens ahead of its end", async (_name, expiresIn, renewAfterMs) => {
    server.on(TOKEN_PATH, fresh(expiresIn ?? null));
    const { source } = tokens();
    const first = await source.get();
    clock.jump(renewAfterMs - 1);
    expect(await source.get()).toBe(first);
    clock.jump(1);
    expect(await source.get()).not.toBe(first);
  });

  it("happens by itself once started, from the very first token on", async () => {
    server.on(TOKEN_PATH, fresh(60));
    const { source } = tokens();
    source.start();
    expect(source.status()).toEqual({ valid: false, expiresAt: null, error: null });
    await advanceUntilAsked(0);
    await until(() => source.status().valid);
    expect(source.status().expiresAt).toBe(clock.now() + seconds(60));
    for (let renewal = 2; renewal <= 4; renewal++) {
      const before = source.status().expiresAt;
      await advanceUntilAsked(seconds(48));
      await until(() => source.status().expiresAt !== before);
      expect(server.count(TOKEN_PATH)).toBe(renewal);
    }
  });

  it("is no storm, however short tokens live", async () => {
    server.on(TOKEN_PATH, fresh(0.01));
    const { source } = tokens();
    source.start();
    await advanceUntilAsked(0);
    await until(() => source.status().valid);
    expect(clock.nextAt).toBe(clock.now() + seconds(5));
    clock.jump(10);
    await source.get();
    expect(server.count(TOKEN_PATH)).toBe(2);
  });

  it("is forced by invalidate, once for all who saw the old token refused", async () => {
    server.on(TOKEN_PATH, fresh());
    const { source } = tokens();
    const old = await source.get();
    source.invalidate(old);
    expect(source.status().valid).toBe(false);
    const next = await source.get();
    source.invalidate(old);
    expect(await source.get()).toBe(next);
    expect(server.count(TOKEN_PATH)).toBe(2);
  });

  it("that fails does not cost a token that is still good", async () => {
    server.on(TOKEN_PATH, fresh(60), { status: 503, body: "" });
    const { source } = tokens();
    const first = await source.get();
    clock.jump(seconds(50));
    expect(await source.get()).toBe(first);
    expect(source.status()).toMatchObject({ valid: true, error: { code: "SC_TOKEN_UNAVAILABLE" } });
    clock.jump(seconds(10));
    expect(await failureOf(source.get(), CallError)).toMatchObject({ sent: false });
    expect(source.status().valid).toBe(false);
  });
});

describe("several secrets", () => {
  it("are tried in order, and the one that works comes first from then on", async () => {
    server.on(TOKEN_PATH, (request) =>
      request.body.includes("client_secret=old")
        ? { body: { access_token: `token-${++issued}`, expires_in: 60 } }
        : { status: 401, body: { error: "invalid_client" } },
    );
    const { source } = tokens({ clientSecrets: ["newest", "newer", "old"] });
    await source.get();
    expect(server.requests.map(({ body }) => new URLSearchParams(body).get("client_secret"))).toEqual([
      "newest",
      "newer",
      "old",
    ]);
    clock.jump(seconds(59));
    await source.get();
    expect(server.count(TOKEN_PATH)).toBe(4);
    expect(server.requests[3]?.body).toContain("client_secret=old");
  });

  it("are not all tried when the login is down or the request is wrong", async () => {
    server.on(TOKEN_PATH, { status: 500, body: "" });
    await failureOf(tokens({ clientSecrets: ["one1", "two2"] }).source.get(), CallError);
    server.on(TOKEN_PATH, oauthError(400, "invalid_request"));
    await failureOf(tokens({ clientSecrets: ["one1", "two2"] }).source.get(), CallError);
    expect(server.count(TOKEN_PATH)).toBe(2);
  });
});

describe("a refused login", () => {
  it.each([
    [401, "invalid_client"],
    [400, "invalid_request"],
    [400, "unauthorized_client"],
  ])("%i %s is the configuration's fault and names the boxes", async (status, error) => {
    server.on(TOKEN_PATH, oauthError(status, error));
    expect(await failureOf(tokens().source.get(), CallError)).toMatchObject({
      code: "SC_CREDENTIALS",
      disposition: "fix-config",
      scope: "application",
      sent: false,
      status,
      smartcarCode: error,
      hint: expect.stringMatching(/smartcar\.client_id.*smartcar\.client_secret/),
    });
  });

  it.each([
    ["500", { status: 500, body: "" }],
    ["a page of HTML with 401", { status: 401, body: "<html></html>", headers: { "content-type": "text/html" } }],
    ["a page of HTML with 200", { status: 200, body: "<html></html>" }],
    ["404", { status: 404, body: "nothing here" }],
    ["an answer without a token", { body: { token_type: "Bearer" } }],
    ["a token that is no header", { body: { access_token: "a\r\nb" } }],
  ])("%s is an outage, not a configuration", async (_name, reply) => {
    server.on(TOKEN_PATH, reply);
    expect(await failureOf(tokens().source.get(), CallError)).toMatchObject({
      disposition: "retry",
      scope: "application",
      sent: false,
    });
  });

  it("an unreachable one leaves the caller's request unsent", async () => {
    const gone = await new ScriptedServer().start();
    const iamUrl = gone.url;
    await gone.stop();
    expect(await failureOf(tokens({ iamUrl }).source.get(), CallError)).toMatchObject({
      code: "SC_UNREACHABLE",
      sent: false,
    });
  });
});

describe("back-off", () => {
  /** Times, in seconds from now, at which the login is asked by a caller that never rests. */
  async function attempts(count: number, stepMs: number): Promise<number[]> {
    const { source } = tokens();
    const start = clock.now();
    const at: number[] = [];
    while (at.length < count) {
      const before = server.count(TOKEN_PATH);
      await failureOf(source.get(), CallError);
      if (server.count(TOKEN_PATH) > before) at.push((clock.now() - start) / 1_000);
      clock.jump(stepMs);
    }
    return at.map((time, index) => time - (at[index - 1] ?? 0));
  }

  it("leaves a login that is down alone: 1 s, doubling to 5 min", async () => {
    server.on(TOKEN_PATH, { status: 503, body: "" });
    expect(await attempts(12, 500)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("leaves a refusing login alone longer: 1 min, doubling to 30 min", async () => {
    server.on(TOKEN_PATH, oauthError(401, "invalid_client"));
    expect(await attempts(8, 10_000)).toEqual([0, 60, 120, 240, 480, 960, 1800, 1800]);
  });

  it("obeys retry-after", async () => {
    server.on(TOKEN_PATH, { status: 429, headers: { "retry-after": "90" }, body: "" });
    const { source } = tokens();
    expect(await failureOf(source.get(), CallError)).toMatchObject({
      disposition: "wait",
      retryAt: clock.now() + seconds(90),
    });
  });

  it("ends by itself when the login is back, and is told once", async () => {
    const down = { status: 503, body: "" };
    server.on(TOKEN_PATH, down, down, down, fresh());
    const { source, lines } = tokens();
    source.start();
    const failures = () => lines.filter(({ message }) => message.includes("fail")).length;
    for (const wait of [0, 1, 2]) {
      const before = failures();
      await advanceUntilAsked(seconds(wait));
      await until(() => failures() > before);
    }
    await advanceUntilAsked(seconds(4));
    await until(() => source.status().valid);
    expect(source.status().error).toBeNull();
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(lines.filter(({ level }) => level === "info")).toHaveLength(1);
  });
});

describe("secrecy", () => {
  it("registers the token with the redactor and forgets it when it is replaced", async () => {
    server.on(TOKEN_PATH, { body: { access_token: "first-token" } }, { body: { access_token: "second-token" } });
    const { source, redactor } = tokens();
    source.invalidate(await source.get());
    expect(redactor.clean("first-token second-token")).toBe("*** second-token");
    await source.get();
    expect(redactor.clean("first-token second-token")).toBe("first-token ***");
  });

  it("keeps secrets out of errors and the log", async () => {
    server.on(TOKEN_PATH, oauthError(401, "invalid_client"));
    const { source, lines } = tokens({ clientSecrets: ["hush-hush"] });
    const error = await failureOf(source.get(), CallError);
    expect(`${error.message} ${error.stack} ${error.hint} ${JSON.stringify(lines)}`).not.toContain("hush");
  });
});

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { cleanups } from "../support/cleanups.ts";
import { type Program, startProgram } from "../support/program.ts";
import { type BrowserRequest, browse, type ProxyOptions, startProxy } from "../support/proxy.ts";

const ALONE = {
  SMARTCAR_CLIENT_ID: "client_simulator",
  SMARTCAR_CLIENT_SECRET: "simulator-secret",
  SMARTCAR_IAM_URL: "http://127.0.0.1:9",
  MQTT_URL: "mqtt://127.0.0.1:9",
  POLLING_MODE: "never",
};
const NAME = "cars.home.example.org";
const PAGE = `https://${NAME}`;
const STRANGER = "https://evil.example";
const PASSWORD = "open sesame";

async function program(env: Record<string, string> = {}): Promise<Program> {
  const started = await startProgram({ env: { ...ALONE, ...env } });
  cleanups.push(() => started.close());
  return started;
}

/** What a browser gets that is at the page under `NAME`. */
async function through({ privateUrl }: Program, options: ProxyOptions) {
  const proxy = await startProxy(privateUrl, options);
  cleanups.push(() => proxy.stop());
  const ask = (path: string, request: Partial<BrowserRequest> = {}) =>
    browse(`${proxy.url}${path}`, { host: NAME, ...request });
  return {
    get: (path: string, headers: OutgoingHttpHeaders = {}) => ask(path, { headers }),
    post: (path: string, body: object = {}, { origin = PAGE, headers = {} as OutgoingHttpHeaders } = {}) =>
      ask(path, { method: "POST", origin, body, headers }),
  };
}

/** Proxies as people have them. */
const passesHost = (browser: IncomingHttpHeaders) => ({ ...browser });
const setsItsOwnHost = (browser: IncomingHttpHeaders, host: string) => ({ ...browser, host });
const namesTheHost = (browser: IncomingHttpHeaders, host: string) => ({
  ...browser,
  host,
  "x-forwarded-host": browser.host,
});
const PROXIES = [
  ["passes Host on", passesHost],
  ["sets a Host of its own and X-Forwarded-Host", namesTheHost],
] as const;

describe("behind a reverse proxy with a name of its own and a password", () => {
  it.each(PROXIES)("one that %s: one logs in, reads, changes and logs out", async (_name, headers) => {
    const { get, post } = await through(await program({ HTTP_PASSWORD: PASSWORD }), { headers });
    expect((await get("api/chain")).status).toBe(401);
    expect((await post("api/login", { password: "guessed" })).status).toBe(401);
    const login = await post("api/login", { password: PASSWORD });
    expect(login.status).toBe(200);
    const session = { cookie: login.cookie?.split(";", 1)[0] ?? "" };
    expect((await get("api/chain", session)).status).toBe(200);
    expect((await post("api/logout", {}, { headers: session })).status).toBe(200);
    expect((await get("api/chain", session)).status).toBe(401);
  });

  it.each(PROXIES)("one that %s: another page can neither log in nor out", async (_name, headers) => {
    const { post } = await through(await program({ HTTP_PASSWORD: PASSWORD }), { headers });
    const login = await post("api/login", { password: PASSWORD });
    const session = { cookie: login.cookie?.split(";", 1)[0] ?? "" };
    for (const origin of [STRANGER, "null", "http://127.0.0.1"]) {
      expect((await post("api/login", { password: PASSWORD }, { origin })).status, origin).toBe(403);
      expect((await post("api/logout", {}, { origin, headers: session })).status, origin).toBe(403);
    }
  });
});

describe("behind a reverse proxy with a name of its own and a password, but without HTTPS", () => {
  it("one logs in only under a name of http.allowed_hosts: a rebound one would look the same", async () => {
    const origin = `http://${NAME}`;
    for (const [env, status] of [
      [{}, 403],
      [{ HTTP_ALLOWED_HOSTS: NAME }, 200],
    ] as const) {
      const { post } = await through(await program({ HTTP_PASSWORD: PASSWORD, ...env }), { headers: passesHost });
      expect((await post("api/login", { password: PASSWORD }, { origin })).status).toBe(status);
    }
  });
});

describe("behind a reverse proxy with a name of its own and no password", () => {
  it.each([...PROXIES, ["sets a Host of its own and says nothing", setsItsOwnHost]] as const)(
    "one that %s: works under a name of http.allowed_hosts, for our own page only",
    async (_name, headers) => {
      const { get, post } = await through(await program({ HTTP_ALLOWED_HOSTS: `other.example,${NAME}` }), { headers });
      expect((await get("api/chain")).status).toBe(200);
      expect((await post("api/logout")).status).toBe(200);
      expect((await post("api/logout", {}, { origin: STRANGER })).status).toBe(403);
    },
  );

  it("answers nothing of cars under another name, whatever its page claims (DNS rebinding)", async () => {
    const { privateUrl } = await program({ HTTP_ALLOWED_HOSTS: NAME });
    const host = "evil.example";
    const headers = { "x-forwarded-host": NAME, "x-ingress-path": "/api/hassio_ingress/x", forwarded: `host=${NAME}` };
    expect((await browse(`${privateUrl}/api/chain`, { host, headers })).status).toBe(403);
    for (const origin of [PAGE, STRANGER, `http://${host}`]) {
      const answer = await browse(`${privateUrl}/api/logout`, { method: "POST", host, origin, headers });
      expect(answer.status, origin).toBe(403);
    }
  });
});

describe("Home Assistant's ingress", () => {
  const PREFIX = "/api/hassio_ingress/s3cretToken/";
  const PROXY_ADDRESS = "127.0.0.2";
  /** What Home Assistant and its Supervisor make of a request: Host stays, the rest is added. */
  const ingress: ProxyOptions = {
    prefix: PREFIX,
    from: PROXY_ADDRESS,
    headers: (browser) => ({
      ...browser,
      "x-ingress-path": PREFIX.slice(0, -1),
      "x-forwarded-host": browser.host,
      "x-forwarded-for": "203.0.113.7, 172.30.32.1",
      "x-forwarded-proto": "https",
    }),
  };

  it("reads and changes, whatever name Home Assistant has", async () => {
    const { get, post } = await through(await program({ HTTP_TRUSTED_PROXY: PROXY_ADDRESS }), ingress);
    expect((await get("api/chain")).status).toBe(200);
    expect((await post("api/logout")).status).toBe(200);
    expect((await post("api/logout", {}, { origin: STRANGER })).status).toBe(403);
  });

  it("keeps the session of a password to its own path", async () => {
    const env = { HTTP_TRUSTED_PROXY: PROXY_ADDRESS, HTTP_PASSWORD: PASSWORD };
    const { get, post } = await through(await program(env), ingress);
    const login = await post("api/login", { password: PASSWORD });
    expect(login.cookie).toContain(`Path=${PREFIX.slice(0, -1)};`);
    const session = { cookie: login.cookie?.split(";", 1)[0] ?? "" };
    expect((await get("api/chain", session)).status).toBe(200);
    expect((await post("api/logout", {}, { headers: session })).cookie).toContain(`Path=${PREFIX.slice(0, -1)};`);
  });

  it("is believed from its own address only", async () => {
    const { get, post } = await through(await program({ HTTP_TRUSTED_PROXY: "127.0.0.3" }), ingress);
    expect((await get("api/chain")).status).toBe(403);
    expect((await post("api/logout")).status).toBe(403);
  });
});

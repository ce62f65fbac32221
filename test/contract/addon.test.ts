import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type BrokerService, environment, offeredBroker, patientBroker } from "../../addon/run.ts";
import { ADDON_SETTINGS, SET_BY_ADDON } from "../../scripts/addon-files.ts";
import { FIXED_IN_CONTAINER } from "../../scripts/env-example.ts";
import { loadConfig } from "../../src/config/load.ts";
import { settings } from "../../src/config/settings.ts";
import { isObject } from "../../src/lib/json.ts";
import { Redactor } from "../../src/lib/redact.ts";
import { instructions, last } from "../support/dockerfile.ts";

const ROOT = resolve(import.meta.dirname, "../../addon");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface AddonConfig {
  readonly version: string;
  readonly arch: readonly string[];
  readonly services: readonly string[];
  readonly ingress: boolean;
  readonly ingress_port: number;
  readonly watchdog: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly schema: Readonly<Record<string, string | readonly string[]>>;
}
const config = parse(read("config.yaml")) as AddonConfig;
const manifest = JSON.parse(readFileSync(join(ROOT, "../package.json"), "utf8")) as { version: string };

const BROKER: BrokerService = {
  host: "core-mosquitto",
  port: 1883,
  ssl: false,
  username: "addons",
  password: "pässword",
};
const REQUIRED = { smartcar_client_id: "client_01", smartcar_client_secret: "a secret" };

/** What the bridge makes of the options. */
function loaded(options: Record<string, unknown>, broker: BrokerService | null = BROKER) {
  return loadConfig({
    env: { SMARTCAR2MQTT_IMAGE: "1", ...environment(options, broker) },
    cwd: "/nowhere",
    redactor: new Redactor(),
    readFile: (path) => {
      if (path.endsWith(".pem")) return "a certificate";
      throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
    },
  });
}

/** A value that the option's type allows, as the Supervisor hands it over. */
function sample(type: string | readonly string[]): unknown {
  if (typeof type !== "string") return type.map(sample);
  const plain = type.replace(/\?$/, "");
  const [, choices] = /^list\((.*)\)$/.exec(plain) ?? [];
  if (choices !== undefined) return choices.split("|").at(-1);
  if (plain === "bool") return false;
  if (plain.startsWith("int(")) return 7;
  return "a";
}

describe("the add-on's options", () => {
  it("are the whole configuration but what the container or the add-on's start decides", () => {
    const decided = [...FIXED_IN_CONTAINER, ...SET_BY_ADDON];
    const wanted = settings.flatMap(({ key, env }) =>
      env === null || decided.includes(key) ? [] : [env.toLowerCase()],
    );
    expect(Object.keys(config.schema)).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(30);
  });

  it("must be filled in where the configuration must, and may be left out elsewhere", () => {
    const required = Object.keys(config.schema).filter((name) => !String(config.schema[name]).endsWith("?"));
    expect(required.toSorted()).toEqual(Object.keys(config.options).toSorted());
    expect(required).toEqual(
      ADDON_SETTINGS.filter(({ unset }) => unset === "required").map(({ env }) => env.toLowerCase()),
    );
    expect(loaded(REQUIRED).ok).toBe(true);
  });

  it("have types that the Supervisor knows", () => {
    const known = /^(str|password|bool|int\(\d*,\d*\)|list\([^()|]+(\|[^()|]+)*\))\??$/;
    for (const type of Object.values(config.schema).flat()) expect(type).toMatch(known);
  });

  it("hide what is secret", () => {
    const hidden = Object.keys(config.schema).filter((name) => String(config.schema[name]).startsWith("password"));
    expect(hidden).toEqual(["smartcar_client_secret", "smartcar_management_token", "mqtt_password", "http_password"]);
  });

  it.each(Object.entries(config.schema).filter(([, type]) => !/^(str|password)/.test(String(type))))(
    "%s: what its type allows, the bridge takes",
    (name, type) => {
      expect(loaded({ ...REQUIRED, polling_command_reserve: 1, [name]: sample(type) })).toMatchObject({ ok: true });
    },
  );

  it.each(Object.entries(config.schema).filter(([, type]) => String(type).startsWith("list(")))(
    "%s offers every choice there is",
    (name, type) => {
      const choices = /^list\((.*)\)\??$/.exec(String(type))?.[1]?.split("|") ?? [];
      for (const choice of choices) expect(loaded({ ...REQUIRED, [name]: choice }), choice).toMatchObject({ ok: true });
      const nonsense = loaded({ ...REQUIRED, [name]: "nonsense" });
      const said = nonsense.ok ? "" : nonsense.problems.join();
      for (const choice of choices) expect(said).toContain(choice);
    },
  );

  it("have a name and an explanation each", () => {
    const { configuration } = parse(read("translations/en.yaml")) as {
      configuration: Record<string, { name: string; description: string }>;
    };
    expect(Object.keys(configuration)).toEqual(Object.keys(config.schema));
    for (const { name, description } of Object.values(configuration)) {
      expect(settings.map(({ key }) => key)).toContain(name);
      expect(description).not.toBe("");
    }
  });

  it("that the manual names exist", () => {
    const named = [...read("DOCS.md").matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => config.schema[name] === undefined)).toEqual([]);
  });
});

describe("the add-on", () => {
  it("has the version and the ports of the bridge", () => {
    expect(config.version).toBe(manifest.version);
    const fallback = (key: string) => settings.find((setting) => setting.key === key)?.fallback;
    expect(config.ingress_port).toBe(fallback("http.port"));
    expect(config.watchdog).toBe(`http://[HOST]:[PORT:${fallback("http.port")}]/healthz`);
    expect(config.ports).toEqual({ [`${fallback("http.public_port")}/tcp`]: fallback("http.public_port") });
    expect(config.services).toEqual(["mqtt:want"]);
  });

  it("is built on the published image of the same version, for each processor it is offered for", () => {
    const { build_from: from } = parse(read("build.yaml")) as { build_from: Record<string, string> };
    expect(Object.keys(from).toSorted()).toEqual(config.arch.toSorted());
    for (const image of Object.values(from))
      expect(image).toMatch(new RegExp(`:${manifest.version.replaceAll(".", "\\.")}$`));
  });

  it("starts the program where the image has it, and drops root itself", () => {
    const run = read("run.ts");
    const dockerfile = instructions(read("Dockerfile"));
    const image = instructions(readFileSync(join(ROOT, "../Dockerfile"), "utf8"));
    expect(run).toContain(`const PROGRAM = "${last(image, "WORKDIR")}/dist/main.js"`);
    expect(run).toContain(`const USER = ${last(image, "USER")?.split(":")[0]};`);
    expect(last(dockerfile, "COPY")).toBe("run.ts /addon/run.ts");
    expect(JSON.parse(last(dockerfile, "ENTRYPOINT") ?? "")).toEqual(["node", "/addon/run.ts"]);
  });

  it("stands in a repository that Home Assistant reads as a store", () => {
    const repository: unknown = parse(readFileSync(join(ROOT, "../repository.yaml"), "utf8"));
    expect(isObject(repository) && Object.keys(repository)).toEqual(["name", "url", "maintainer"]);
    for (const file of ["DOCS.md", "README.md", "CHANGELOG.md"]) expect(existsSync(join(ROOT, file))).toBe(true);
  });
});

describe("what the add-on's start makes of options and broker", () => {
  it("Home Assistant's broker becomes the bridge's", () => {
    expect(loaded(REQUIRED)).toMatchObject({
      ok: true,
      config: { mqtt: { url: "mqtt://core-mosquitto:1883", username: "addons", password: "pässword" } },
    });
    expect(environment(REQUIRED, { ...BROKER, ssl: true })["MQTT_URL"]).toBe("mqtts://core-mosquitto:1883");
  });

  it("a broker of the user's own is left alone", () => {
    const env = environment({ ...REQUIRED, mqtt_url: "mqtt://other" }, BROKER);
    expect(env["MQTT_URL"]).toBe("mqtt://other");
    expect(env["MQTT_PASSWORD"]).toBeUndefined();
  });

  it("the page believes the Supervisor's address, from which Home Assistant's ingress comes", () => {
    expect(loaded(REQUIRED)).toMatchObject({
      ok: true,
      config: { http: { trusted_proxy: "172.30.32.2", allowed_hosts: [] } },
    });
  });

  it("empty options count as not set, an empty list of commands does not", () => {
    const env = environment({ ...REQUIRED, http_public_url: "", units: null, commands_allow: [] }, null);
    expect(env["HTTP_PUBLIC_URL"]).toBeUndefined();
    expect(env["UNITS"]).toBeUndefined();
    expect(loaded({ ...REQUIRED, commands_allow: [] })).toMatchObject({
      ok: true,
      config: { commands: { allow: [] } },
    });
    expect(loaded({ ...REQUIRED, commands_allow: ["lock", "unlock"] })).toMatchObject({
      config: { commands: { allow: ["lock", "unlock"] } },
    });
  });

  it("data are kept in a folder that the Supervisor backs up, beside its own file", () => {
    expect(loaded(REQUIRED)).toMatchObject({ config: { data_dir: "/data/bridge", http: { host: "0.0.0.0" } } });
  });
});

describe("asking the Supervisor", () => {
  const running: Server[] = [];
  const asked: { readonly path: string | undefined; readonly authorization: string | undefined }[] = [];

  afterEach(async () => {
    asked.length = 0;
    for (const server of running.splice(0)) await new Promise((done) => server.close(done));
  });

  /** A stand-in that answers in turn. */
  async function supervisor(...answers: readonly [status: number, body: unknown][]): Promise<string> {
    const left = [...answers];
    const server = createServer((request, response) => {
      asked.push({ path: request.url, authorization: request.headers.authorization });
      const [status, body] = left.shift() ?? [500, {}];
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    running.push(server);
    await new Promise<void>((listening) => {
      server.listen(0, "127.0.0.1", listening);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const none: [number, unknown] = [400, { result: "error", message: "Service not enabled" }];
  const some: [number, unknown] = [
    200,
    { result: "ok", data: { addon: "core_mosquitto", protocol: "3.1.1", ...BROKER } },
  ];

  it("takes the broker it offers, with the token", async () => {
    expect(await offeredBroker(await supervisor(some), "the-token")).toMatchObject(BROKER);
    expect(asked).toEqual([{ path: "/services/mqtt", authorization: "Bearer the-token" }]);
  });

  it.each([
    ["refuses", none],
    ["answers without a broker", [200, { result: "ok", data: {} }] as [number, unknown]],
  ])("finds none when it %s", async (_how, answer) => {
    expect(await offeredBroker(await supervisor(answer), "t")).toBeNull();
  });

  it("asks again until the broker's add-on has come up", async () => {
    const url = await supervisor(none, none, some);
    let pauses = 0;
    const broker = await patientBroker(
      () => offeredBroker(url, "t"),
      async () => pauses++,
    );
    expect(broker?.host).toBe("core-mosquitto");
    expect([asked.length, pauses]).toEqual([3, 2]);
  });

  it("gives up in the end, also when nobody answers", async () => {
    let calls = 0;
    const ask = async () => {
      calls++;
      throw new Error("nobody there");
    };
    expect(await patientBroker(ask, async () => undefined)).toBeNull();
    expect(calls).toBe(12);
  });
});

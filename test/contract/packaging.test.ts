import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { COMPOSE_DEFAULTS, FIXED_IN_CONTAINER } from "../../scripts/env-example.ts";
import { trimModules } from "../../scripts/trim-modules.mjs";
import { health } from "../../src/cli/health.ts";
import { neededCommands } from "../../src/cli/needed.ts";
import { commands } from "../../src/cli/table.ts";
import { IMAGE_MARK } from "../../src/config/load.ts";
import { settings } from "../../src/config/settings.ts";
import { assigned, copiesFromContext, instructions, last } from "../support/dockerfile.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const dockerfile = instructions(read("Dockerfile"));
const finalStage = dockerfile.slice(dockerfile.findLastIndex(({ name }) => name === "FROM"));

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly { path: string; required: boolean }[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly init?: boolean;
  readonly networks?: Readonly<Record<string, { readonly aliases: readonly string[] }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
const composeText = read("docker-compose.yml");
const compose = parse(composeText, { merge: true }) as Compose;
/** The same with everything that is shown, commented out, in force. */
const composeShown = parse(
  composeText.replaceAll(
    /^( *)# ((?:[A-Z_]+_FILE: |secrets:$| {2}(?:- )?(?:smartcar|mqtt|http)_\w+|- \.\/).*)$/gm,
    "$1$2",
  ),
  { merge: true },
) as Compose & { readonly secrets: Readonly<Record<string, { readonly file: string }>> };

const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
};
const ours = ["smartcar2mqtt", "demo"];

const variables = new Set(
  settings.flatMap(({ env, secret }) => (env === null ? [] : secret ? [env, `${env}_FILE`] : env)),
);
const fallbackOf = (key: string) => settings.find((setting) => setting.key === key)?.fallback;
const inImage = (key: string) => settings.find((setting) => setting.key === key)?.inImage;
const privatePort = fallbackOf("http.port");
const publicPort = fallbackOf("http.public_port");
const command = (name: string | undefined) => commands.find((each) => each.name === name);

describe("the Dockerfile", () => {
  it("copies only files that are there, and .dockerignore lets in just these", () => {
    const copied = [...new Set(copiesFromContext(dockerfile))].sort();
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const lines = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines[0]).toBe("*");
    const letIn = lines.slice(1).map((line) => line.replace(/^!/, ""));
    expect(lines.slice(1).every((line) => line.startsWith("!"))).toBe(true);
    const topLevel = new Set(copied.map((path) => path.replace(/\/$/, "").split("/")[0]));
    expect(letIn.toSorted()).toEqual([...topLevel].sort());
  });

  it("copies everything the build reads", () => {
    // scripts/build.mjs names its own inputs.
    const inputs = [...read("scripts/build.mjs").matchAll(/"([\w.-]+\.json)"/g)].map(([, file]) => file);
    expect(inputs.length).toBeGreaterThan(1);
    expect(copiesFromContext(dockerfile)).toEqual(expect.arrayContaining([...inputs, "src", "scripts"]));
    expect(dockerfile.some(({ name, rest }) => name === "RUN" && rest.includes("node scripts/build.mjs"))).toBe(true);
  });

  it("installs what the lock file says and runs no script of a package", () => {
    const installs = dockerfile.filter(({ name, rest }) => name === "RUN" && /\bnpm\b/.test(rest));
    expect(installs.length).toBeGreaterThan(0);
    for (const { rest } of installs) expect(rest).toMatch(/npm ci\b.*--ignore-scripts/);
  });

  it("uses one base image, and runs nothing in the last stage, so that no processor is emulated", () => {
    const bases = dockerfile
      .filter(({ name }) => name === "FROM")
      .map(({ rest }) => rest.split(" ").find((word) => !word.startsWith("--")));
    expect([...new Set(bases)]).toEqual(["node:24-trixie-slim"]);
    expect(finalStage.filter(({ name }) => name === "RUN")).toEqual([]);
  });

  it("sets no variable that would override the user's file, only the mark of the image", () => {
    const env = assigned(dockerfile, "ENV");
    expect([...env.keys()].filter((name) => variables.has(name))).toEqual([]);
    expect(env.get(IMAGE_MARK)).toBe("1");
  });

  it("has the folder and the ports of the configuration", () => {
    const volume = inImage("data_dir");
    expect(JSON.parse(last(finalStage, "VOLUME") ?? "")).toEqual([volume]);
    expect(finalStage.some(({ name, rest }) => name === "COPY" && /--chown=10001:10001 .* \/data$/.test(rest))).toBe(
      true,
    );
    expect(last(finalStage, "USER")).toBe("10001:10001");
    expect(last(finalStage, "EXPOSE")).toBe(`${privatePort} ${publicPort}`);
    expect(inImage("http.host")).toBe("0.0.0.0");
  });

  it("starts, and checks, with commands of the program and without a shell", async () => {
    const binary = Object.keys((JSON.parse(read("package.json")) as { bin: Record<string, string> }).bin)[0];
    expect(JSON.parse(last(finalStage, "ENTRYPOINT") ?? "")).toEqual([binary]);
    const [start, ...rest] = JSON.parse(last(finalStage, "CMD") ?? "") as string[];
    expect([command(start)?.name, rest]).toEqual(["start", []]);
    const check = last(finalStage, "HEALTHCHECK") ?? "";
    expect(check).toContain(`CMD ["${binary}", "${health.name}"]`);
    expect(check).toMatch(/--start-interval=[12]s/);
    expect(commands).toContain(health);
    // The health check is loaded without the rest of the program.
    expect(await neededCommands([health.name])).toEqual([health]);
  });

  it("is labelled", () => {
    const labels = assigned(finalStage, "LABEL");
    for (const name of ["title", "description", "licenses", "version", "revision"]) {
      expect(labels.get(`org.opencontainers.image.${name}`), name).toBeTruthy();
    }
    const manifest = JSON.parse(read("package.json")) as { license: string; description: string };
    expect(labels.get("org.opencontainers.image.licenses")).toBe(manifest.license);
    expect(labels.get("org.opencontainers.image.description")).toBe(manifest.description);
    expect([...assigned(finalStage, "ARG").keys()]).toEqual(["VERSION", "REVISION"]);
  });
});

describe("trimming the modules", () => {
  const folder = mkdtempSync(join(tmpdir(), "smartcar2mqtt-trim-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["amd64", "x64"],
    ["arm64", "arm64"],
  ])("leaves what runs on %s", (processor, name) => {
    const modules = join(folder, processor);
    cpSync(join(ROOT, "node_modules/better-sqlite3"), join(modules, "better-sqlite3"), { recursive: true });
    const other = join(modules, "other");
    mkdirSync(join(other, "lib/test"), { recursive: true });
    mkdirSync(join(other, "test"));
    const files = [
      "package.json",
      "LICENSE.md",
      "README.md",
      "index.js",
      "index.d.ts",
      "index.js.map",
      "lib/test/a.js",
      "test/b.js",
    ];
    for (const file of files) writeFileSync(join(other, file), "");
    trimModules(modules, processor);
    const sqlite = join(modules, "better-sqlite3");
    const kept = execFileSync("find", [modules, "-type", "f"], { encoding: "utf8" }).trim().split("\n");
    expect(kept.filter((path) => path.endsWith(".node"))).toEqual([join(sqlite, `prebuilds/linux-${name}.node`)]);
    expect(existsSync(join(sqlite, "LICENSE"))).toBe(true);
    expect(existsSync(join(sqlite, "deps"))).toBe(false);
    const here = kept.filter((path) => path.startsWith(other)).map((path) => path.slice(other.length + 1));
    expect(here.sort()).toEqual(["LICENSE.md", "index.js", "lib/test/a.js", "package.json"]);
  });

  it("fails when there is no binary for the processor", () => {
    cpSync(join(ROOT, "node_modules/better-sqlite3"), join(folder, "riscv/better-sqlite3"), { recursive: true });
    expect(() => trimModules(join(folder, "riscv"), "riscv64")).toThrow("no binary linux-riscv64.node");
  });
});

describe("docker-compose.yml", () => {
  it("names every profile that .env.example and the manual speak of, and starts nothing without one", () => {
    const profiles = [...new Set(Object.values(compose.services).flatMap((each) => each.profiles ?? []))].sort();
    expect(profiles).toEqual(["bridge", "demo", "homeassistant", "monitoring", "nodered"]);
    for (const [name, { profiles: own }] of Object.entries(compose.services)) expect(own, name).toHaveLength(1);
    for (const profile of profiles) {
      expect(read(".env.example")).toMatch(new RegExp(`^# .*\\b${profile}\\b|^COMPOSE_PROFILES=${profile}$`, "m"));
      expect(read("docs/docker.md")).toContain(`\`${profile}\``);
    }
  });

  it("sets and reads only variables that the program knows", () => {
    for (const name of ours) {
      const set = Object.keys(composeShown.services[name]?.environment ?? {});
      expect(set.filter((variable) => !variables.has(variable))).toEqual([]);
    }
    const read = [...composeText.matchAll(/\$\{(\w+)/g)].map(([, variable = ""]) => variable);
    expect(read).toContain("MQTT_URL");
    expect(read.filter((variable) => !variables.has(variable))).toEqual([]);
    expect(service("smartcar2mqtt").environment?.["MQTT_URL"]).toBe(`$\{MQTT_URL:-${COMPOSE_DEFAULTS["MQTT_URL"]}}`);
  });

  it("shows every secret file with its secret", () => {
    const shown = composeShown.services["smartcar2mqtt"];
    const files = Object.entries(shown?.environment ?? {}).filter(([name]) => name.endsWith("_FILE"));
    expect(files.length).toBeGreaterThan(3);
    for (const [variable, path] of files) {
      const secret = variable.replace(/_FILE$/, "").toLowerCase();
      expect(path).toBe(`/run/secrets/${secret}`);
      expect((shown as { secrets?: readonly string[] }).secrets).toContain(secret);
      expect(composeShown.secrets[secret]?.file).toBe(`./secrets/${secret}`);
    }
  });

  it("mounts only what is there, data where the image keeps it", () => {
    for (const [name, { volumes = [] }] of Object.entries(compose.services)) {
      for (const mount of volumes) {
        const [source = ""] = mount.split(":");
        if (source.startsWith(".")) {
          expect(existsSync(join(ROOT, source)), `${name}: ${source}`).toBe(true);
          expect(mount).toMatch(/:ro$/);
        } else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
    expect(service("smartcar2mqtt").volumes).toContain(`data:${inImage("data_dir")}`);
    // What is shown commented out: where `start` looks for its file when none is named.
    expect(composeShown.services["smartcar2mqtt"]?.volumes).toContain(
      "./config/config.yaml:/app/config/config.yaml:ro",
    );
    expect(last(finalStage, "WORKDIR")).toBe("/app");
  });

  it("publishes the private port, and every other one without a password, to this machine only", () => {
    expect(service("smartcar2mqtt").ports).toEqual([
      `127.0.0.1:${privatePort}:${privatePort}`,
      `${publicPort}:${publicPort}`,
    ]);
    const others = Object.entries(compose.services).filter(([name]) => name !== "smartcar2mqtt");
    for (const [name, { ports = [] }] of others) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    }
  });

  it("runs our programs with commands and options that exist", () => {
    expect(service("smartcar2mqtt").command).toBeUndefined();
    const [name, ...rest] = service("demo").command ?? [];
    const options = command(name)?.options.map((option) => `--${option.name}`) ?? [];
    expect(command(name)).toBeDefined();
    expect(rest.filter((word) => word.startsWith("-") && !options.includes(word))).toEqual([]);
  });

  it("gives our programs no rights, a file system to read only, and a process 1 that reaps", () => {
    for (const name of ours) {
      const { read_only: readOnly, cap_drop: dropped, security_opt: security, init, build } = service(name);
      expect({ readOnly, dropped, security, init, build }, name).toEqual({
        readOnly: true,
        dropped: ["ALL"],
        security: ["no-new-privileges:true"],
        init: true,
        build: ".",
      });
    }
  });

  it("waits for health where it waits, and only for services of the same profile", () => {
    for (const [name, { depends_on: waits = {}, profiles }] of Object.entries(compose.services)) {
      for (const [other, { condition }] of Object.entries(waits)) {
        expect(condition, name).toBe("service_healthy");
        expect(service(other).healthcheck, other).toBeDefined();
        expect(service(other).profiles).toEqual(profiles);
      }
    }
  });

  it("lets the demo stand in for bridge and broker", () => {
    expect(service("demo").networks?.["default"]?.aliases).toEqual(["mosquitto", "smartcar2mqtt"]);
    expect(read("examples/prometheus/prometheus.yml")).toContain(`smartcar2mqtt:${privatePort}`);
  });
});

describe(".env.example", () => {
  const lines = read(".env.example").split("\n");
  const named = lines.flatMap((line) => /^(?:# )?([A-Z][A-Z0-9_]+)=/.exec(line)?.[1] ?? []);

  it("names exactly the variables that a container may set", () => {
    const wanted = settings.flatMap(({ key, env, secret }) =>
      env === null || FIXED_IN_CONTAINER.includes(key) ? [] : secret ? [env, `${env}_FILE`] : [env],
    );
    expect(named.filter((name) => name !== "COMPOSE_PROFILES").toSorted()).toEqual(wanted.toSorted());
  });

  it("holds no secret, and only what must be filled in is left to fill in", () => {
    const inForce = lines.filter((line) => /^[A-Z]/.test(line));
    expect(inForce).toEqual(["COMPOSE_PROFILES=bridge", "SMARTCAR_CLIENT_ID=", "SMARTCAR_CLIENT_SECRET="]);
  });
});

describe("config/mosquitto", () => {
  const conf = read("config/mosquitto/mosquitto.conf");

  it("keeps retained topics where docker-compose.yml keeps its data", () => {
    expect(conf).toMatch(/^persistence true$/m);
    const location = /^persistence_location (\S+)\/$/m.exec(conf)?.[1];
    expect(service("mosquitto").volumes).toContain(`mosquitto:${location}`);
    expect(conf).toMatch(/^listener 1883$/m);
  });

  it("names an access list that is there, with the default topics", () => {
    expect(conf).toContain("# acl_file /mosquitto/config/acl");
    const acl = read("config/mosquitto/acl");
    expect(acl).toContain(`topic write ${fallbackOf("mqtt.base_topic")}/#`);
    expect(acl).toContain(`topic readwrite ${fallbackOf("homeassistant.discovery_prefix")}/device/+/config`);
  });
});

describe("the systemd unit", () => {
  const path = join(ROOT, "examples/systemd/smartcar2mqtt.service");
  const unit = readFileSync(path, "utf8");

  it("starts the program with a command and variables that exist", () => {
    const [, main, name] = /^ExecStart=\/usr\/bin\/node \/opt\/smartcar2mqtt\/(\S+) (\S+)$/m.exec(unit) ?? [];
    expect(Object.values((JSON.parse(read("package.json")) as { bin: Record<string, string> }).bin)).toEqual([main]);
    expect(command(name)?.name).toBe("start");
    const set = [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, variable = ""]) => variable);
    expect(set.filter((variable) => variable !== "NODE_ENV" && !variables.has(variable))).toEqual([]);
  });

  it("does not start again when the configuration is wrong, and leaves time to stop", () => {
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(8);
  });

  it("has sections, each line of which is a setting", () => {
    const wrong = unit.split("\n").filter((line) => !/^$|^#|^\[(Unit|Service|Install)\]$|^[A-Z][A-Za-z]+=/.test(line));
    expect(wrong).toEqual([]);
  });

  it.skipIf(!existsSync("/usr/bin/systemd-analyze"))("satisfies systemd", () => {
    const folder = mkdtempSync(join(tmpdir(), "smartcar2mqtt-unit-"));
    try {
      // The program itself is not installed here.
      const copy = join(folder, "smartcar2mqtt.service");
      writeFileSync(copy, unit.replace(/^ExecStart=.*$/m, "ExecStart=/bin/true"));
      expect(execFileSync("systemd-analyze", ["verify", copy], { encoding: "utf8", stdio: "pipe" })).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

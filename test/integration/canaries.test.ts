import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasMosquitto, startMosquitto } from "../support/brokers.ts";
import { type Canary, type Output, sightings } from "../support/canaries.ts";
import { cleanups, folder } from "../support/cleanups.ts";
import { type Bench, openBench, stillCar } from "../support/e2e-bench.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { rawClient } from "../support/raw-client.ts";

/** With what breaks clumsy masking: quotes, slashes, percent signs, letters of other alphabets. */
const SECRETS = {
  oldClientSecret: 'old-Kanari/"1\\%41+z',
  clientSecret: 'new-Kanari/"2\\%42+y',
  managementToken: 'amt-Kanari/"3\\%43+x',
  oldManagementToken: "amt-Kanari-4-ä&<w>",
  mqttPassword: 'mqtt Kanari/"5\\%45+v',
  httpPassword: 'http Kanari/"6\\%46+u',
};
const AUTHORIZATION = `Basic ${Buffer.from(`me:${SECRETS.httpPassword}`).toString("base64")}`;
const VIN = "WKANARY5E7R000413";
const LATITUDE = 50.110_922_913;
const LONGITUDE = 8.682_126_714;
const POSITION: readonly Canary[] = [
  { name: "latitude", text: "110922913" },
  { name: "longitude", text: "682126714" },
];
const SIGNED = [{ name: "VIN", text: VIN }];

/** Stands before the simulator's login and remembers the tokens it issues. */
async function tokenTap(target: () => string): Promise<{ url: string; tokens: string[] }> {
  const tokens: string[] = [];
  const server: Server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const answer = await fetch(`${target()}${request.url}`, {
        method: request.method ?? "POST",
        headers: { "content-type": request.headers["content-type"] ?? "" },
        body: Buffer.concat(chunks),
      });
      const text = await answer.text();
      const token = /"access_token"\s*:\s*"([^"]+)"/.exec(text)?.[1];
      if (token !== undefined) tokens.push(token);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
    })().catch(() => response.destroy());
  });
  return { url: await listening(server), tokens };
}

/** The address of a server that listens until the test ends. */
async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A login that quotes what it was sent, as no login should. */
async function telltaleLogin(): Promise<string> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const said = `wrong: ${new URLSearchParams(text).get("client_secret")} (${text})`;
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "invalid_client", error_description: said }));
    })().catch(() => response.destroy());
  });
  return await listening(server);
}

interface Stage {
  readonly bench: Bench;
  readonly env: Readonly<Record<string, string>>;
  readonly tokens: readonly string[];
}

async function stage(more: Record<string, string> = {}): Promise<Stage> {
  const dir = folder();
  const file = (name: string, lines: readonly string[]) => {
    writeFileSync(join(dir, name), `${lines.join("\n")}\n`, { mode: 0o600 });
    return join(dir, name);
  };
  let bench: Bench | undefined;
  const tap = await tokenTap(() => bench?.simulator.url ?? "");
  const env = {
    // The newest secret is not yet known to Smartcar: the first login fails.
    SMARTCAR_CLIENT_SECRET: "",
    SMARTCAR_CLIENT_SECRET_FILE: file("client", [SECRETS.clientSecret, SECRETS.oldClientSecret]),
    SMARTCAR_MANAGEMENT_TOKEN: "",
    SMARTCAR_MANAGEMENT_TOKEN_FILE: file("amt", [SECRETS.managementToken, SECRETS.oldManagementToken]),
    SMARTCAR_IAM_URL: tap.url,
    MQTT_USERNAME: "bridge",
    MQTT_PASSWORD_FILE: file("mqtt", [SECRETS.mqttPassword]),
    HTTP_PASSWORD_FILE: file("http", [SECRETS.httpPassword]),
    LOG_LEVEL: "trace",
    COMMANDS_ALLOW: "lock,charging,destination,refresh",
    ...more,
  };
  const location = { latitude: LATITUDE, longitude: LONGITUDE, heading: 7 };
  bench = await openBench({
    env,
    cars: [
      stillCar("a", {
        signals: {
          "vehicleidentification-vin": { value: VIN },
          "location-preciselocation": location,
        },
      }),
    ],
    simulator: { clientSecret: SECRETS.oldClientSecret, managementToken: SECRETS.managementToken, tokenLifetimeS: 5 },
  });
  const { environment } = bench;
  cleanups.push(() => bench.close());
  return { bench, env: environment, tokens: tap.tokens };
}

/** Everything that can go wrong, goes wrong once, each with the canaries at hand. */
async function ordeal({ bench }: Stage): Promise<void> {
  const { simulator, seen } = bench;
  simulator.addFault({
    kind: "error",
    path: "/oauth2/token",
    status: 401,
    form: "oauth",
    code: "invalid_client",
    detail: `no such client with ${SECRETS.clientSecret}`,
  });
  const program = await bench.start();
  // Whatever happens is recorded, too.
  await fetch(`${program.privateUrl}/api/recording/keep`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json" },
    body: JSON.stringify({ minutes: 60 }),
  });
  await bench.shown();

  // Deliveries: good, unknown, unsigned, broken; with places under every name.
  const places = [
    { code: "location-preciselocation", body: { latitude: LATITUDE, longitude: LONGITUDE } },
    { code: "location-future", body: { value: `${LATITUDE},${LONGITUDE}`, coordinates: [LONGITUDE, LATITUDE] } },
    { code: "trip-start", body: { value: `${LATITUDE}, ${LONGITUDE}` } },
    { code: "unknown-thing", body: { location: { latitude: String(LATITUDE), longitude: LONGITUDE }, value: 1 } },
    {
      code: "charge-chargerecords",
      body: { values: [{ id: "r", location: { latitude: LATITUDE, longitude: LONGITUDE } }] },
    },
    { code: "vehicleidentification-vin", body: { value: VIN } },
  ];
  const dangerous = { eventType: "VEHICLE_STATE", data: { vehicle: { id: "nobody", vin: VIN }, signals: places } };
  await simulator.deliver({ signals: places });
  await simulator.deliver(
    { payload: { ...dangerous, eventId: "unknown" } },
    { payload: { ...dangerous, eventId: "dream", eventType: `DREAM` } },
    { payload: `no json ${VIN} ${LATITUDE} ${LONGITUDE}` },
    { signals: places, signature: "wrong" },
    { signals: places, signature: "none" },
    { signals: places, mode: "TEST" },
  );
  const stranger = (body: string, headers: Record<string, string> = {}) =>
    fetch(program.webhookUrl, { method: "POST", body, headers });
  await stranger(JSON.stringify({ eventType: "VERIFY", data: { challenge: "a-challenge" } }));
  await stranger(JSON.stringify({ eventType: "VERIFY", data: { challenge: `{"${VIN}":1}` } }));
  const old = JSON.stringify({ ...dangerous, eventId: "signed-with-the-old-key" });
  const signature = createHmac("sha256", SECRETS.oldManagementToken).update(old).digest("hex");
  expect((await stranger(old, { "sc-signature": signature })).status).toBe(200);

  // Smartcar fails, in all the ways it can.
  for (const [index, fault] of (
    [
      { kind: "error", status: 500, detail: `fault of ${VIN}` },
      { kind: "error", status: 401 },
      { kind: "error", status: 409 },
      { kind: "html" },
      { kind: "malformed" },
      { kind: "drop" },
    ] as const
  ).entries()) {
    simulator.addFault({ ...fault, path: "/v3/vehicles/**" });
    const id = `refresh-${index}`;
    await seen.publish("smartcar/test-a/refresh/set", JSON.stringify({ value: "PRESS", id }));
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/refresh/result" && payload.includes(`"${id}"`));
  }
  simulator.clearFaults();
  simulator.revokeTokens();

  // Commands of every kind of wrong.
  const commands: readonly [string, string][] = [
    ["lock", "LOCK"],
    ["lock", "UNLOCK"],
    ["lock", "{nonsense"],
    ["destination", '{"latitude":1.5,"longitude":2.5}'],
    ["destination", '{"latitude":"x"}'],
    ["charging", '{"value":"maybe"}'],
  ];
  for (const [name, payload] of commands) await seen.publish(`smartcar/test-a/${name}/set`, payload);
  await seen.untilAll(
    (messages) => messages.filter(({ topic }) => topic.endsWith("/result")).length >= 6 + commands.length,
  );
  for (const name of ["doctor", "republish", "log_level", "nothing"]) {
    await seen.publish(`smartcar/bridge/request/${name}`, '{"level":"trace","id":"x"}');
    await seen.until(({ topic }) => topic === `smartcar/bridge/response/${name}`);
  }

  // The listeners are attacked.
  for (const url of [program.publicUrl, program.privateUrl]) {
    for (const text of [
      "\u0000\u0001\r\n\r\n",
      `GET /${VIN}?${LATITUDE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    ]) {
      await (await rawClient(url, text)).closed;
    }
  }
  const wrong = `Basic ${Buffer.from(`x:${SECRETS.httpPassword}!`).toString("base64")}`;
  await fetch(`${program.privateUrl}/api/vehicles`, { headers: { authorization: wrong } });
  await fetch(`${program.privateUrl}/api/login`, {
    method: "POST",
    body: "{",
    headers: { "content-type": "application/json" },
  });

  // The broker goes and comes back.
  const again = program.lines.length;
  await bench.mosquitto.restart();
  await program.line((line) => program.lines.indexOf(line) >= again && line.msg === "connected to the MQTT broker");
  await simulator.deliver({ signals: places });
  await seen.until(({ topic }) => topic === "smartcar/bridge/info");
}

/** Everything that was put out, all of it. */
async function outputs({ bench, env }: Stage): Promise<Output[]> {
  const { program } = bench;
  const found: Output[] = [{ place: "command line", bytes: readFileSync(`/proc/${program.pid}/cmdline`) }];
  const authorization = AUTHORIZATION;
  const openApi = await fetch(`${program.privateUrl}/api/openapi.json`, { headers: { authorization } });
  const known = openApi.ok ? ((await openApi.json()) as { paths?: Record<string, { get?: object }> }).paths : {};
  const paths = [
    "/",
    "/api/recording/file?of=kept",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/access",
    "/api/openapi.json",
    "/api/nothing",
  ];
  for (const [path, { get }] of Object.entries(known ?? {})) {
    if (get !== undefined && path !== "/api/events") paths.push(path.replace(/\{id\}|:id/, "vehicle-a"));
  }
  for (const path of paths) {
    const answer = await fetch(`${program.privateUrl}${path}`, { headers: { authorization } });
    const headers = JSON.stringify([...answer.headers]);
    found.push({ place: `GET ${path}`, bytes: headers + (await answer.text()) });
  }
  for (const args of [["check-config"], ["doctor", "--json"]]) {
    const once = await startProgram({ env, args, dontWait: true });
    const { code } = await once.exit;
    expect(once.output(), `${args.join(" ")} ended with ${code}`).not.toBe("");
    found.push({ place: args.join(" "), bytes: once.output() });
    await once.close();
  }
  for (const { topic, payload } of await retainedAndSeen(bench))
    found.push({ place: topic, bytes: payload }, { place: "a topic's name", bytes: topic });
  for (const name of readdirSync(bench.dataDir)) {
    if (name.includes(".db")) found.push({ place: `file ${name}`, bytes: readFileSync(join(bench.dataDir, name)) });
  }
  await bench.end("SIGTERM");
  for (const name of readdirSync(bench.dataDir)) {
    if (name.includes(".db")) found.push({ place: `file ${name}`, bytes: readFileSync(join(bench.dataDir, name)) });
  }
  found.push({ place: "log", bytes: program.output() });
  return found;
}

async function retainedAndSeen(bench: Bench): Promise<{ topic: string; payload: string }[]> {
  const retained = [...(await bench.retained())].map(([topic, payload]) => ({ topic, payload }));
  // What the test published itself is none of the program's output.
  return [...retained, ...bench.seen.messages].filter(({ topic }) => !/\/(set|request\/[^/]+)$/.test(topic));
}

const secretCanaries = (tokens: readonly string[]): Canary[] => [
  ...Object.entries(SECRETS).map(([name, text]) => ({ name, text })),
  ...tokens.map((text, index) => ({ name: `access token ${index}`, text })),
];

const outside = (allowed: RegExp, found: readonly Output[]) => found.filter(({ place }) => !allowed.test(place));
const VIN_PLACES =
  /^(smartcar\/test-a\/(info|vin|state|signals\/vehicleidentification-vin)|GET \/api\/vehicles.*|file .*\.db.*|homeassistant\/device\/smartcar_vehicle-a\/config)$/;
const POSITION_PLACES =
  /^(smartcar\/test-a\/(location|state|charge_records|event|signals\/(location-.*|unknown-thing|trip-start|charge-chargerecords))|GET \/api\/vehicles.*|file .*\.db.*)$/;

describe.skipIf(!hasMosquitto())("secrets, VIN and position", () => {
  it("are put out where they belong and nowhere else, whatever happens", async () => {
    const set = await stage();
    await ordeal(set);
    expect(set.tokens.length).toBeGreaterThan(0);
    const found = await outputs(set);
    expect(found.length).toBeGreaterThan(60);
    expect(sightings(secretCanaries(set.tokens), found)).toEqual([]);
    expect(sightings(SIGNED, outside(VIN_PLACES, found))).toEqual([]);
    expect(sightings(POSITION, outside(POSITION_PLACES, found))).toEqual([]);
    const recording = found.find(({ place }) => place === "GET /api/recording/file?of=kept")?.bytes.toString() ?? "";
    for (const kind of ["car", "delivery", "call", "command", "request", "result", "mqtt"]) {
      expect(recording).toContain(`{"kind":"${kind}",`);
    }
    for (const id of ["user-a", "vehicle-a"]) expect(recording).not.toContain(id);
    // And the search finds what is there.
    const places = (canaries: readonly Canary[]) => sightings(canaries, found).join("\n");
    for (const topic of ["info", "vin", "state", "signals/vehicleidentification-vin"]) {
      expect(places(SIGNED)).toContain(`VIN in smartcar/test-a/${topic} `);
    }
    expect(places(SIGNED)).toContain("VIN in file smartcar2mqtt.db ");
    for (const topic of ["location", "state", "signals/location-preciselocation"]) {
      expect(places(POSITION)).toContain(`latitude in smartcar/test-a/${topic} `);
    }
    // The serial number is the only place in the device's document.
    const documents = found.filter(({ place }) => place === "homeassistant/device/smartcar_vehicle-a/config");
    expect(documents.length).toBeGreaterThan(0);
    for (const { bytes } of documents) {
      if (bytes.length === 0) continue;
      const document = JSON.parse(bytes.toString()) as { device: { serial_number?: string } };
      expect(JSON.stringify({ ...document, device: { ...document.device, serial_number: "" } })).not.toContain(VIN);
    }
  });

  it.each(["rounded", "off"])(
    "with privacy.location %s, no byte of the exact position is kept or told",
    async (level) => {
      const set = await stage({ PRIVACY_LOCATION: level });
      await ordeal(set);
      const found = await outputs(set);
      expect(sightings(POSITION, found)).toEqual([]);
      expect(sightings(secretCanaries(set.tokens), found)).toEqual([]);
      const location = found.filter(({ place, bytes }) => place === "smartcar/test-a/location" && bytes.length > 0);
      if (level === "off") expect(location).toEqual([]);
      else
        expect(JSON.parse(location.at(-1)?.bytes.toString() ?? "null")).toMatchObject({
          latitude: 50.11,
          longitude: 8.68,
        });
    },
  );

  it("are no part of what is said when the broker refuses us or nothing fits", async () => {
    const broker = await startMosquitto({ users: { bridge: randomUUID() } });
    cleanups.push(() => broker.stop());
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const env = {
      SMARTCAR_CLIENT_ID: "client_x",
      SMARTCAR_CLIENT_SECRET: SECRETS.clientSecret,
      SMARTCAR_MANAGEMENT_TOKEN: SECRETS.managementToken,
      SMARTCAR_IAM_URL: await telltaleLogin(),
      SMARTCAR_VEHICLE_API_URL: `${nobody}/v3`,
      SMARTCAR_MANAGEMENT_API_URL: `${nobody}/v3`,
      MQTT_URL: broker.url.replace("://", `://bridge:${encodeURIComponent(SECRETS.mqttPassword)}@`),
      HTTP_PASSWORD: SECRETS.httpPassword,
      LOG_LEVEL: "trace",
    };
    const found: Output[] = [];
    const refused = await startProgram({ env });
    cleanups.push(() => refused.close());
    await refused.line(({ msg, detail }) => msg === "no MQTT session" && String(detail).includes("mqtt.password"));
    await refused.line(({ msg }) => msg === "smartcar login failed");
    for (const path of ["/readyz", "/metrics"]) {
      found.push({ place: path, bytes: await (await fetch(`${refused.privateUrl}${path}`)).text() });
    }
    refused.kill("SIGTERM");
    await refused.exit;
    found.push({ place: "log of the refused", bytes: refused.output() });
    const wrong: Record<string, string>[] = [
      { MQTT_VERSION: "9", HTTP_PORT: "x" },
      { MQTT_URL: `mqtt:/bridge:${SECRETS.mqttPassword}@nowhere` },
      { MQTT_URL: `bridge:${SECRETS.mqttPassword}@nowhere:1883` },
      { SMARTCAR_IAM_URL: `https://me:${SECRETS.httpPassword}@host` },
    ];
    for (const change of wrong) {
      for (const args of [["start"], ["check-config"], ["doctor", "--json"]]) {
        const program = await startProgram({ env: { ...env, ...change }, args, dontWait: true });
        expect((await program.exit).code, `${args} with ${Object.keys(change)}`).toBeGreaterThan(1);
        found.push({ place: `${args.join(" ")} with ${Object.keys(change)}`, bytes: program.output() });
        await program.close();
      }
    }
    expect(found.every(({ bytes }) => bytes.length > 0)).toBe(true);
    expect(sightings(secretCanaries([]), found)).toEqual([]);
  });
});

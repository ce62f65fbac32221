import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { FOLDER, fileError, loadWell, problemsOf, REQUIRED } from "../../support/configuration.ts";

test("client id and secret are enough", () => {
  const { config, warnings } = loadWell({});
  expect(config).toMatchObject({
    smartcar: { client_id: "client_01", client_secret: ["top-secret-value"], management_token: [], mode: "live" },
    mqtt: { url: "mqtt://localhost:1883", version: "5", base_topic: "smartcar", client_id: "smartcar2mqtt" },
    polling: { mode: "auto", charging_interval: 900_000, idle_interval: 21_600_000, monthly_budget: 500 },
    commands: { max_age: 60_000 },
    http: { host: "127.0.0.1", port: 8080, public_host: "127.0.0.1", public_port: 8088 },
    data_dir: `${FOLDER}/data`,
    vehicles: [],
  });
  expect(config.commands.allow).toEqual([
    "lock",
    "charging",
    "charge_limit",
    "destination",
    "charge_schedule",
    "refresh",
  ]);
  expect(config.smartcar.redirect_uri).toBeUndefined();
  expect(config.log).toEqual({ level: "info" });
  expect(warnings).toEqual([]);
});

describe("precedence", () => {
  const yaml = "units: imperial\nmqtt: {base_topic: cars}\n";

  test("the file wins over the default, the environment over the file", () => {
    const { config, sources } = loadWell({ yaml, env: { ...REQUIRED, UNITS: "metric" } });
    expect(config.units).toBe("metric");
    expect(config.mqtt.base_topic).toBe("cars");
    expect(sources.get("units")).toBe("env UNITS");
    expect(sources.get("mqtt.base_topic")).toBe("config/config.yaml");
    expect(sources.get("mqtt.client_id")).toBe("default");
    expect(sources.get("http.password")).toBe("not set");
  });

  test("empty text in the environment counts as unset", () => {
    expect(loadWell({ yaml, env: { ...REQUIRED, UNITS: " ", MQTT_BASE_TOPIC: "" } }).config.units).toBe("imperial");
  });

  test("a key without value in the file counts as unset", () => {
    const { config } = loadWell({ yaml: "mqtt:\n  username:\n  password: ''\npolling:\nunits:\n" });
    expect(config.mqtt.username).toBeUndefined();
    expect(config.mqtt.password).toBeUndefined();
    expect(config.units).toBe("metric");
  });

  test("a secret file wins over the configuration file", () => {
    const { config, sources } = loadWell({
      yaml: "mqtt: {password: from-yaml}",
      env: { ...REQUIRED, MQTT_PASSWORD_FILE: "/run/secrets/mqtt" },
      files: { "/run/secrets/mqtt": " blank ends \n" },
    });
    expect(config.mqtt.password).toBe(" blank ends ");
    expect(sources.get("mqtt.password")).toBe("file /run/secrets/mqtt (MQTT_PASSWORD_FILE)");
  });
});

describe("the configuration file", () => {
  const files = { "other.yaml": "units: imperial" };

  test("is named by --config, before CONFIG_FILE", () => {
    const env = { ...REQUIRED, CONFIG_FILE: "missing.yaml" };
    expect(loadWell({ env, configFile: "other.yaml", files }).config.units).toBe("imperial");
  });

  test("is named by CONFIG_FILE", () => {
    expect(loadWell({ env: { ...REQUIRED, CONFIG_FILE: "other.yaml" }, files }).config.units).toBe("imperial");
  });

  test("must exist when it is named", () => {
    expect(problemsOf({ configFile: "missing.yaml" })).toEqual(["missing.yaml: does not exist, name an existing file"]);
  });

  test("must be readable also when it is not named", () => {
    expect(problemsOf({ files: { "config/config.yaml": fileError("EISDIR") } })).toEqual([
      "config/config.yaml: is a folder, name an existing file",
    ]);
  });

  test("may hold text where a number or a switch belongs, as YAML 1.1 and the environment write them", () => {
    const { config } = loadWell({ yaml: `http: {port: "8081"}\nhomeassistant: {enabled: no}\nmqtt: {version: 5}` });
    expect(config.http.port).toBe(8081);
    expect(config.homeassistant.enabled).toBe(false);
    expect(config.mqtt.version).toBe("5");
  });
});

describe("values", () => {
  test.each([
    ["true", true],
    ["FALSE", false],
    ["1", true],
    ["0", false],
    ["yes", true],
    ["no", false],
    ["On", true],
    ["off", false],
  ])("the switch %s is understood", (text, value) => {
    const env = { ...REQUIRED, HOMEASSISTANT_ENABLED: text };
    expect(loadWell({ env }).config.homeassistant.enabled).toBe(value);
  });

  test.each([
    ["90m", 5_400_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["300s", 300_000],
  ])("the duration %s is understood", (text, ms) => {
    expect(loadWell({ env: { ...REQUIRED, POLLING_IDLE_INTERVAL: text } }).config.polling.idle_interval).toBe(ms);
  });

  test("lists in the environment are comma-separated, blanks and repetitions ignored", () => {
    const env = { ...REQUIRED, COMMANDS_ALLOW: " lock, UNLOCK,,lock " };
    expect(loadWell({ env }).config.commands.allow).toEqual(["lock", "unlock"]);
  });

  test.each([[","], ["none"]])("%s is an empty list", (text) => {
    expect(loadWell({ env: { ...REQUIRED, COMMANDS_ALLOW: text } }).config.commands.allow).toEqual([]);
  });

  test("an empty list in the file makes the bridge read-only", () => {
    expect(loadWell({ yaml: "commands: {allow: []}" }).config.commands.allow).toEqual([]);
  });

  test("several secrets come from a list, a file with one per line, or the environment", () => {
    const id = { SMARTCAR_CLIENT_ID: "client_01" };
    const yaml = "smartcar: {client_secret: [newer-one, older-one], management_token: 'with,comma'}";
    expect(loadWell({ env: id, yaml }).config.smartcar.client_secret).toEqual(["newer-one", "older-one"]);
    expect(loadWell({ env: id, yaml }).config.smartcar.management_token).toEqual(["with,comma"]);
    const files = { secret: "newer-one\r\n\r\n older-one \n" };
    const fromFile = loadWell({ env: { ...id, SMARTCAR_CLIENT_SECRET_FILE: "secret" }, files });
    expect(fromFile.config.smartcar.client_secret).toEqual(["newer-one", "older-one"]);
    const fromEnv = loadWell({ env: { ...id, SMARTCAR_CLIENT_SECRET: "newer-one, older-one" } });
    expect(fromEnv.config.smartcar.client_secret).toEqual(["newer-one", "older-one"]);
  });

  test("base addresses lose their trailing slash, the redirect address is kept letter by letter", () => {
    const { config } = loadWell({
      env: {
        ...REQUIRED,
        HTTP_PUBLIC_URL: "https://cars.example.org/bridge/",
        SMARTCAR_MANAGEMENT_TOKEN: "token-token",
        SMARTCAR_IAM_URL: "http://127.0.0.1:8099/",
        SMARTCAR_REDIRECT_URI: "http://localhost:8088/back/",
      },
    });
    expect(config.http.public_url).toBe("https://cars.example.org/bridge");
    expect(config.smartcar.iam_url).toBe("http://127.0.0.1:8099");
    expect(config.smartcar.redirect_uri).toBe("http://localhost:8088/back/");
  });

  test("vehicles get their defaults", () => {
    const { config } = loadWell({
      yaml: `vehicles: [{id: "v-1", topic: my_car-2, location: OFF, accept: [Odometer-X]}]`,
    });
    expect(config.vehicles).toEqual([
      { id: "v-1", topic: "my_car-2", location: "off", enabled: true, accept: ["odometer-x"] },
    ]);
  });
});

describe("defaults that depend on others", () => {
  test("the public port listens where the private one does; Connect comes back to the public address", () => {
    const env = {
      ...REQUIRED,
      HTTP_HOST: "0.0.0.0",
      HTTP_PUBLIC_URL: "https://cars.example.org",
      SMARTCAR_MANAGEMENT_TOKEN: "token-token",
    };
    const { config, sources } = loadWell({ env });
    expect(config.http.public_host).toBe("0.0.0.0");
    expect(config.smartcar.redirect_uri).toBe("https://cars.example.org/connect/callback");
    expect(sources.get("smartcar.redirect_uri")).toBe("default (http.public_url)");
  });

  test("the image has its own, which the file overrides", () => {
    const env = { ...REQUIRED, SMARTCAR2MQTT_IMAGE: "1" };
    expect(loadWell({ env }).config).toMatchObject({
      data_dir: "/data",
      http: { host: "0.0.0.0", public_host: "0.0.0.0" },
    });
    expect(loadWell({ env, yaml: "data_dir: /elsewhere" }).config.data_dir).toBe("/elsewhere");
  });
});

describe("credentials inside mqtt.url", () => {
  test("move to their own keys, whatever letters they are made of", () => {
    const env = { ...REQUIRED, MQTT_URL: "mqtt://us%40er:p@s#w/rd%@broker.lan:1884" };
    const { config } = loadWell({ env });
    expect(config.mqtt).toMatchObject({ url: "mqtt://broker.lan:1884", username: "us@er", password: "p@s#w/rd%" });
  });

  test("give way to those keys", () => {
    const env = { ...REQUIRED, MQTT_URL: "mqtt://one:first-pass@broker", MQTT_PASSWORD: "second-pass" };
    const { config, warnings } = loadWell({ env });
    expect(config.mqtt).toMatchObject({ username: "one", password: "second-pass" });
    expect(warnings).toEqual([
      "mqtt.password: differs from what mqtt.url carries and is used, take it out of mqtt.url",
    ]);
  });
});

test("the result cannot be changed", () => {
  const { config } = loadWell({});
  expect(() => Object.assign(config.mqtt, { url: "mqtt://elsewhere" })).toThrow(TypeError);
});

test("every problem is told at once, whichever key it is about", () => {
  const options = { env: {}, cwd: FOLDER, redactor: new Redactor(), readFile: () => "units: both" };
  const result = loadConfig(options);
  expect(result.ok ? [] : result.problems).toEqual([
    expect.stringMatching(/^smartcar\.client_id: is missing/),
    expect.stringMatching(/^smartcar\.client_secret: is missing/),
    expect.stringMatching(/^units: must be one of/),
  ]);
});

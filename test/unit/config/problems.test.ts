import { expect, test } from "vitest";
import { fileError, type Given, load, problemsOf, REQUIRED } from "../../support/configuration.ts";

const env = (more: Record<string, string>): Given => ({ env: { ...REQUIRED, ...more } });
const yaml = (text: string): Given => ({ yaml: text });

test("everything that is wrong is said at once, one line each", () => {
  const given = {
    env: { SMARTCAR_CLIENT_ID: "client_01", MQTT_URL: "http://broker", HTTP_PASSWORD_FILE: "/no/such" },
    yaml: "units: furlong\npoling: {}\npolling: {idle_interval: 1m, command_reserve: 900}\n",
  };
  expect(problemsOf(given)).toEqual([
    "poling: is not a known key, did you mean polling?",
    "http.password: the file /no/such of HTTP_PASSWORD_FILE does not exist, name a file that this user may read",
    "smartcar.client_secret: is missing, set it in the configuration file or as SMARTCAR_CLIENT_SECRET",
    'units: must be one of metric, imperial (got "furlong" from config/config.yaml), write it like metric',
    'mqtt.url: begins with http:// (got "http://broker" from env MQTT_URL), use mqtt://, mqtts://, ws:// or wss://',
    'polling.idle_interval: is too short (got "1m" from config/config.yaml), use 5m or more',
    "polling.command_reserve: is not below polling.monthly_budget, which is 500 (got 900), lower the reserve or raise the budget",
  ]);
});

test.each<[string, Given, RegExp]>([
  [
    "a key in the wrong section",
    yaml("mqtt: {discovery_prefix: x}"),
    /^mqtt.discovery_prefix: .* homeassistant.discovery_prefix\?$/,
  ],
  ["a misspelt key", yaml("polling: {chargingInterval: 15m}"), /did you mean polling.charging_interval\?/],
  ["a key at the top that belongs in a section", yaml("client_secret: x"), /did you mean smartcar.client_secret\?/],
  ["a section that is no mapping", yaml("mqtt: localhost"), /^mqtt: must be a mapping/],
  ["a file that is no mapping", yaml("- a\n- b"), /^config\/config.yaml: is no mapping/],
  ["a key of a vehicle", yaml("vehicles: [{id: a, topik: b}]"), /^vehicles\[0\].topik: .* did you mean topic\?/],
  ["a duration without unit", yaml("polling: {idle_interval: 15}"), /write a number with its unit: 90s, 15m, 6h, 1d$/],
  [
    "a duration that is none",
    env({ COMMANDS_MAX_AGE: "soon" }),
    /^commands.max_age: is no duration \(got "soon" from env/,
  ],
  ["an interval under 5m", env({ POLLING_CHARGING_INTERVAL: "299s" }), /use 5m or more$/],
  ["a switch that is none", env({ HOMEASSISTANT_ENABLED: "maybe" }), /must be true or false/],
  ["a port that is none", env({ HTTP_PORT: "eighty" }), /must be a whole number \(got "eighty"/],
  ["a port out of range", env({ HTTP_PORT: "65536" }), /must be from 0 to 65535/],
  ["a negative budget", env({ POLLING_MONTHLY_BUDGET: "-1" }), /must be 0 or more/],
  ["a fraction", env({ POLLING_MONTHLY_BUDGET: "1.5" }), /must be a whole number/],
  ["a reserve that eats the budget", env({ POLLING_MONTHLY_BUDGET: "50" }), /^polling.command_reserve: is not below/],
  ["a host with a path", env({ HTTP_ALLOWED_HOSTS: "https://cars.example" }), /^http.allowed_hosts\[0\]: is no host/],
  ["a proxy without an address", env({ HTTP_TRUSTED_PROXY: "nginx" }), /^http.trusted_proxy: is no IP address/],
  ["an unknown command", env({ COMMANDS_ALLOW: "lock,fly" }), /^commands.allow\[1\]: must be one of lock, unlock, /],
  [
    "both a secret and its file",
    env({ MQTT_PASSWORD: "x", MQTT_PASSWORD_FILE: "y" }),
    /^mqtt.password: both .* keep one/,
  ],
  ["the same two topics", env({ MQTT_BASE_TOPIC: "homeassistant" }), /^homeassistant.discovery_prefix: is the same as/],
  ["a topic below the other", env({ MQTT_BASE_TOPIC: "homeassistant/cars" }), /overlaps with mqtt.base_topic/],
  ["a topic above the other", env({ HOMEASSISTANT_DISCOVERY_PREFIX: "smartcar/ha" }), /overlaps with mqtt.base_topic/],
  ["a wildcard in a topic", env({ MQTT_BASE_TOPIC: "cars/#" }), /has a wildcard/],
  ["a topic with an empty level", env({ MQTT_BASE_TOPIC: "/cars" }), /has an empty level/],
  ["a topic that ends in a slash", env({ MQTT_BASE_TOPIC: "cars/" }), /has an empty level/],
  ["a topic of the broker's own", env({ MQTT_BASE_TOPIC: "$SYS/cars" }), /begins with \$/],
  ["one port for two listeners", env({ HTTP_PUBLIC_PORT: "8080" }), /^http.public_port: is the same as http.port/],
  ["one port on overlapping hosts", env({ HTTP_PUBLIC_PORT: "8080", HTTP_PUBLIC_HOST: "0.0.0.0" }), /is the same as/],
  ["plain http in public", env({ HTTP_PUBLIC_URL: "http://cars.example.org" }), /^http.public_url: is not HTTPS/],
  ["plain http to come back to", env({ SMARTCAR_REDIRECT_URI: "http://cars.example.org/x" }), /is not HTTPS/],
  ["an address that is none", env({ SMARTCAR_IAM_URL: "iam.smartcar.com" }), /is no http\(s\) address/],
  ["an address with a query", env({ HTTP_PUBLIC_URL: "https://cars.example.org/?a=b" }), /carries a \?query/],
  ["the token path twice", env({ SMARTCAR_IAM_URL: "https://iam.smartcar.com/oauth2/token" }), /has the path already/],
  ["a broker without scheme", env({ MQTT_URL: "192.168.1.10:1883" }), /^mqtt.url: has no scheme .* mqtt:\/\//],
  ["a broker that is none", env({ MQTT_URL: "mqtt://" }), /is no address of a broker/],
  ["a path behind a broker", env({ MQTT_URL: "mqtt://broker/cars" }), /has a path/],
  ["a certificate without key", { ...env({ MQTT_CERT_FILE: "c" }), files: { c: "" } }, /^mqtt.key_file: is missing/],
  ["a key without certificate", { ...env({ MQTT_KEY_FILE: "k" }), files: { k: "" } }, /^mqtt.cert_file: is missing/],
  [
    "an authority that cannot be read",
    env({ MQTT_CA_FILE: "ca.pem" }),
    /^mqtt.ca_file: the file ca.pem cannot be read/,
  ],
  [
    "an unreadable secret",
    { ...env({ HTTP_PASSWORD_FILE: "p" }), files: { p: fileError("EACCES") } },
    /the file p .*EACCES/,
  ],
  ["an empty secret file", { ...env({ HTTP_PASSWORD_FILE: "p" }), files: { p: "\n" } }, /the file p .* is empty/],
  ["an unknown MQTT version", env({ MQTT_VERSION: "4" }), /^mqtt.version: must be 5 or 3.1.1/],
  ["a number for a text", yaml("mqtt: {client_id: 7}"), /^mqtt.client_id: .*put it in quotes/],
  ["a number that would be no good as a text", yaml("mqtt: {version: 4}"), /^mqtt.version: .*write it like 5/],
  ["an unknown log level", env({ LOG_LEVEL: "loud" }), /^log.level: must be one of trace, debug/],
  ["a vehicle without id", yaml("vehicles: [{topic: a}]"), /^vehicles\[0\].id: is missing/],
  ["a vehicle twice", yaml("vehicles: [{id: a}, {id: a}]"), /^vehicles\[1\].id: is the same as in vehicles\[0\]/],
  [
    "a vehicle's topic twice",
    yaml("vehicles: [{id: a, topic: t}, {id: b, topic: t}]"),
    /^vehicles\[1\].topic: is the same/,
  ],
  ["a vehicle's topic with capitals", yaml("vehicles: [{id: a, topic: Car}]"), /is no legal topic name/],
  ["a vehicle's topic that the bridge uses", yaml("vehicles: [{id: a, topic: bridge}]"), /is used by the bridge/],
  ["vehicles that are no list", yaml("vehicles: {id: a}"), /^vehicles: must be a list/],
])("%s is refused", (_name, given, expected) => {
  const problems = problemsOf(given);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(expected);
});

test.each([
  ["equal", env({ POLLING_MONTHLY_BUDGET: "0" })],
  ["loopback", env({ HTTP_PUBLIC_URL: "http://127.0.0.1:8088", SMARTCAR_REDIRECT_URI: "http://localhost:8088/x" })],
  ["ports any", env({ HTTP_PORT: "0", HTTP_PUBLIC_PORT: "0" })],
  ["other hosts", env({ HTTP_PUBLIC_PORT: "8080", HTTP_PUBLIC_HOST: "192.168.1.2" })],
  ["neighbouring topics", env({ MQTT_BASE_TOPIC: "homeassistant2" })],
  ["a websocket with a path", env({ MQTT_URL: "wss://broker.example.org/mqtt" })],
])("%s: nothing is wrong", (_name, given) => {
  expect(problemsOf(given)).toEqual([]);
});

test("broken YAML is named by line and column, and nothing is called missing that may stand in it", () => {
  expect(problemsOf({ env: {}, yaml: "smartcar:\n  client_id: [a\n" })).toEqual([
    expect.stringMatching(/^config\/config.yaml: line 3, column 1: .*, mend the line$/),
  ]);
});

test("a key that stands twice is an error", () => {
  expect(problemsOf(yaml("units: metric\nunits: imperial"))[0]).toMatch(/line 2, column 1: a key stands twice/);
});

test("warnings come with the problems", () => {
  const result = load({ env: { ...REQUIRED, UNITS: "x", MQTT_USER: "y" } });
  expect(result).toMatchObject({ ok: false, warnings: [expect.stringMatching(/^MQTT_USER: .* MQTT_USERNAME\?$/)] });
});

import { expect, test } from "vitest";
import { loadWell, REQUIRED } from "../../support/configuration.ts";

const UUID = "3f1c0e5a-0000-4000-8000-000000000000";

test.each<[string, Record<string, string>, RegExp]>([
  [
    "an application id for a client id",
    { SMARTCAR_CLIENT_ID: UUID },
    /^smartcar.client_id: looks like the application id/,
  ],
  [
    "a client id for a secret",
    { SMARTCAR_CLIENT_SECRET: "client_01" },
    /^smartcar.client_secret: looks like a client id/,
  ],
  [
    "a client id for an application id",
    { SMARTCAR_APPLICATION_ID: "client_02" },
    /^smartcar.application_id: looks like/,
  ],
  [
    "the secret for the token",
    { SMARTCAR_MANAGEMENT_TOKEN: REQUIRED.SMARTCAR_CLIENT_SECRET },
    /^smartcar.management_token: is the same as the client secret/,
  ],
  ["an id for the token", { SMARTCAR_MANAGEMENT_TOKEN: "client_01" }, /^smartcar.management_token: looks like an id/],
  [
    "an application id for a secret",
    { SMARTCAR_APPLICATION_ID: UUID, SMARTCAR_CLIENT_SECRET: UUID },
    /^smartcar.client_secret: is the same as the application id/,
  ],
  ["webhooks without token", { HTTP_PUBLIC_URL: "https://a.example.org" }, /^smartcar.management_token: .* 503/],
  ["credentials in the clear", { SMARTCAR_IAM_URL: "http://sim.lan" }, /^smartcar.iam_url: is not encrypted/],
  ["an address without version", { SMARTCAR_VEHICLE_API_URL: "https://a.example.org" }, /does not end in \/v3/],
  ["a broker anybody can be", { MQTT_URL: "mqtts://b", MQTT_REJECT_UNAUTHORIZED: "no" }, /^mqtt.reject_unauthorized/],
  ["a name without TLS", { MQTT_SERVERNAME: "b" }, /^mqtt.servername: has no effect/],
  ["an open page", { HTTP_HOST: "0.0.0.0" }, /^http.password: is not set while page and API listen beyond/],
  ["intervals the wrong way round", { POLLING_CHARGING_INTERVAL: "12h" }, /^polling.charging_interval: is longer/],
  ["an empty list", { COMMANDS_ALLOW: "" }, /^commands.allow: COMMANDS_ALLOW is empty .*=none/],
  ["a misspelt name", { MQTT_BASETOPIC: "x" }, /^MQTT_BASETOPIC: is not read, did you mean MQTT_BASE_TOPIC\?/],
  ["a shortened name", { MQTT_PASS: "x" }, /^MQTT_PASS: is not read, did you mean MQTT_PASSWORD\?/],
])("%s is pointed out", (_name, env, expected) => {
  const { warnings } = loadWell({ env: { ...REQUIRED, ...env } });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(expected);
});

test.each(["HTTP_PROXY", "HTTPS_PROXY", "MQTT_SERVICE_HOST", "LOG_DIRECTORY", "HOMEASSISTANT_TOKEN", "PATH"])(
  "%s is none of ours",
  (name) => {
    expect(loadWell({ env: { ...REQUIRED, [name]: "x" } }).warnings).toEqual([]);
  },
);

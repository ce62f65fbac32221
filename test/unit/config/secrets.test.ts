import { expect, test } from "vitest";
import { effectiveLines } from "../../../src/config/effective.ts";
import { settings } from "../../../src/config/settings.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { type Given, load, loadWell, REQUIRED } from "../../support/configuration.ts";

const CANARY = "canary-7f3a";

function everyLine(given: Given): string {
  const redactor = new Redactor();
  const result = load({ ...given, redactor });
  const effective = result.ok ? effectiveLines(result.config, result.sources, redactor) : result.problems;
  return [...effective, ...result.warnings].join("\n");
}

test.each<[string, Given]>([
  ["a list where one text belongs", { yaml: `mqtt: {password: [${CANARY}]}` }],
  ["a mapping where a secret belongs", { yaml: `smartcar: {client_secret: {value: ${CANARY}}}` }],
  ["a misspelt key", { yaml: `smartcar: {client_secrett: ${CANARY}}` }],
  ["a misspelt name", { env: { ...REQUIRED, MQTT_PASSWORT: CANARY } }],
  ["an address with a password", { env: { ...REQUIRED, MQTT_URL: `http://u:${CANARY}@broker` } }],
  ["an address of Smartcar with a password", { env: { ...REQUIRED, SMARTCAR_IAM_URL: `https://u:${CANARY}@x` } }],
  ["a secret that also stands elsewhere", { env: { ...REQUIRED, HTTP_PASSWORD: CANARY, UNITS: CANARY } }],
  ["an alias", { yaml: `mqtt:\n  password: *${CANARY}\n` }],
  ["a tag", { yaml: `mqtt:\n  password: !${CANARY} x\n` }],
  ["an unclosed quote", { yaml: `mqtt:\n  password: "${CANARY}\n` }],
  ["a second value", { yaml: `mqtt:\n  password: 'a' ${CANARY}\n` }],
  ["a good configuration", { env: { SMARTCAR_CLIENT_ID: "client_01", SMARTCAR_CLIENT_SECRET: CANARY } }],
  ["a good broker", { env: { ...REQUIRED, MQTT_URL: `mqtt://${CANARY}:${CANARY}@broker` } }],
  [
    "the same secret twice",
    { env: { ...REQUIRED, SMARTCAR_CLIENT_SECRET: CANARY, SMARTCAR_MANAGEMENT_TOKEN: CANARY } },
  ],
])("%s does not show the secret", (_name, given) => {
  expect(everyLine(given)).not.toContain(CANARY);
});

test("every secret key is masked and struck from the log, from every source", () => {
  for (const { key, env, path, secret, struckFromLogs } of settings) {
    if (!secret || env === null) continue;
    const [section = "", name = ""] = path;
    const others = Object.fromEntries(Object.entries(REQUIRED).filter(([other]) => other !== env));
    for (const given of [
      { env: { ...others, [env]: CANARY } },
      { env: { ...others, [`${env}_FILE`]: "secret" }, files: { secret: `${CANARY}\n` } },
      { env: others, yaml: `${section}: {${name}: ${CANARY}}` },
    ]) {
      const redactor = new Redactor();
      const { config, sources } = loadWell({ ...given, redactor });
      expect(JSON.stringify(config), key).toContain(CANARY);
      expect(effectiveLines(config, sources, redactor).join("\n"), key).not.toContain(CANARY);
      expect(redactor.clean(CANARY), key).toBe(struckFromLogs ? "***" : CANARY);
    }
  }
});

test("a secret that the environment overrides is struck from the log too", () => {
  const redactor = new Redactor();
  loadWell({ yaml: `smartcar: {client_secret: [${CANARY}, and-the-older]}`, redactor });
  expect(redactor.clean(`${CANARY} and-the-older`)).toBe("*** ***");
});

test("secrets are known to the redactor also when the configuration is wrong", () => {
  const redactor = new Redactor();
  expect(load({ env: { HTTP_PASSWORD: CANARY }, redactor }).ok).toBe(false);
  expect(redactor.clean(CANARY)).toBe("***");
});

test("the effective configuration shows values with their sources", () => {
  const { config, sources } = loadWell({ env: { ...REQUIRED, POLLING_IDLE_INTERVAL: "90m", COMMANDS_ALLOW: "lock" } });
  const lines = effectiveLines(config, sources, new Redactor()).map((line) => line.replace(/ +/g, " "));
  expect(lines).toContain("polling.idle_interval = 90m (env POLLING_IDLE_INTERVAL)");
  expect(lines).toContain("commands.allow = [lock] (env COMMANDS_ALLOW)");
  expect(lines).toContain("smartcar.client_secret = [***] (env SMARTCAR_CLIENT_SECRET)");
  expect(lines).toContain("http.public_host = 127.0.0.1 (default (http.host))");
  expect(lines).toContain("mqtt.username = - (not set)");
  expect(lines).toHaveLength(settings.length);
});

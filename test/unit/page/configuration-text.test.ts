import { expect, it } from "vitest";
import { parse } from "yaml";
import { asEnvironment, asYaml } from "../../../src/page/setup/configuration-text.ts";
import { misplaced, recognise } from "../../../src/page/setup/recognise.ts";

const UUID = "3f1c0e5a-0000-4000-8000-000000000000";
const VALUES = new Map([
  ["smartcar.client_id", "client_1"],
  ["mqtt.password", `it's "quoted" $HOME`],
  ["smartcar.application_id", UUID],
  ["http.public_url", "https://cars.example.org"],
]);

it("is written as an environment file, quoted where a shell or Compose would read something into it", () => {
  expect(asEnvironment(VALUES).split("\n")).toEqual([
    "SMARTCAR_CLIENT_ID=client_1",
    String.raw`MQTT_PASSWORD="it's \"quoted\" \$HOME"`,
    `SMARTCAR_APPLICATION_ID=${UUID}`,
    "HTTP_PUBLIC_URL=https://cars.example.org",
  ]);
});

it.each([
  ['a "b" $c', `'a "b" $c'`],
  ["it's", `"it's"`],
  ["ends with \\", String.raw`"ends with \\"`],
])("%s is quoted as %s", (value, quoted) => {
  expect(asEnvironment(new Map([["mqtt.password", value]]))).toBe(`MQTT_PASSWORD=${quoted}`);
});

it("is written as YAML that says the same", () => {
  expect(parse(asYaml(VALUES))).toEqual({
    smartcar: { client_id: "client_1", application_id: UUID },
    mqtt: { password: `it's "quoted" $HOME` },
    http: { public_url: "https://cars.example.org" },
  });
});

it.each([
  ["client_abc", "smartcar.client_id"],
  [UUID, "smartcar.application_id"],
  ["https://cars.example.org", "http.public_url"],
  ["mqtts://broker:8883", "mqtt.url"],
  ["a-long-opaque-string", "smartcar.client_secret"],
  ["short", null],
  ["two words of something", null],
])("%s belongs in %s", (value, key) => {
  expect(recognise(value).key).toBe(key);
});

it.each([
  ["smartcar.client_id", UUID, "application id"],
  ["smartcar.application_id", "client_abc", "belongs in client_id"],
  ["smartcar.client_secret", "client_abc", "belongs in client_id"],
  ["smartcar.management_token", "https://cars.example.org", "An address"],
  ["smartcar.management_token", "a-long-opaque-string", null],
  ["smartcar.client_secret", "a-long-opaque-string", null],
  ["mqtt.password", "a-long-opaque-string", null],
  ["mqtt.url", "", null],
])("%s is told what speaks against %s", (key, value, why) => {
  const said = misplaced(key, value);
  if (why === null) expect(said).toBeNull();
  else expect(said).toContain(why);
});

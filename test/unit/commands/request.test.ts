import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COMMANDS, type CommandName, isCommandName } from "../../../src/commands/catalogue.ts";
import { readPayload } from "../../../src/commands/request.ts";

const read = (text: string) => readPayload(Buffer.from(text));
/** What a command makes of a payload; undefined when it is no value of it. */
const asked = (command: CommandName, text: string) => {
  const { value, unreadable } = read(text);
  return unreadable === null ? COMMANDS[command].parse(value) : undefined;
};

describe("a payload", () => {
  it.each<[CommandName, string, unknown]>([
    ["lock", "LOCK", "LOCK"],
    ["lock", '"LOCK"', "LOCK"],
    ["lock", " unlock\n", "UNLOCK"],
    ["lock", '{"value":"LOCK"}', "LOCK"],
    ["charging", "ON", true],
    ["charging", "off", false],
    ["charging", "true", true],
    ["charging", '"false"', false],
    ["charging", '{"value":true}', true],
    ["charging", '{"value":"OFF"}', false],
    ["charge_limit", "80", 80],
    ["charge_limit", "80.0", 80],
    ["charge_limit", '"80"', 80],
    ["charge_limit", '{"value":80}', 80],
    ["charge_limit", '{"value":"80.0","id":7}', 80],
    ["charge_limit", "50", 50],
    ["charge_limit", "100", 100],
    ["charge_port", "open", "OPEN"],
    ["destination", '{"latitude":50.1,"longitude":-8.6}', { latitude: 50.1, longitude: -8.6 }],
    ["destination", '{"value":{"latitude":0,"longitude":0,"name":"x"}}', { latitude: 0, longitude: 0 }],
    ["charge_schedule", '{"delete":"a_b-1"}', { delete: "a_b-1" }],
    ["charge_schedule", '{"type":"daily","startTime":"22:00"}', { type: "daily", startTime: "22:00" }],
    ["refresh", "PRESS", "PRESS"],
  ])("for %s, %s is a value", (command, text, value) => {
    expect(asked(command, text)).toEqual(value);
  });

  it.each<[CommandName, string]>([
    ["lock", "LOCKED"],
    ["lock", "true"],
    ["lock", "null"],
    ["lock", '["LOCK"]'],
    ["lock", '{"value":null}'],
    ["lock", "constructor"],
    ["charging", "1"],
    ["charging", '{"value":1}'],
    ["charge_limit", "49"],
    ["charge_limit", "101"],
    ["charge_limit", "80.5"],
    ["charge_limit", "0x50"],
    ["charge_limit", "0b1010000"],
    ["charge_limit", "NaN"],
    ["charge_limit", '{"value":true}'],
    ["charge_limit", "80 %"],
    ["destination", "50.1,8.6"],
    ["destination", '{"latitude":91,"longitude":0}'],
    ["destination", '{"latitude":"50","longitude":"8"}'],
    ["charge_schedule", '{"type":"monthly"}'],
    ["charge_schedule", '{"delete":"../x"}'],
    ["charge_schedule", '{"delete":"s1","type":"daily"}'],
    ["charge_schedule", '{"type":"daily","location":{"latitude":99,"longitude":0}}'],
    ["refresh", "1"],
  ])("for %s, %s is none", (command, text) => {
    expect(asked(command, text)).toBeUndefined();
  });

  it("carries an id and a time beside its value", () => {
    expect(read('{"value":"LOCK","id":"abc","at":"2026-11-21T12:00:00+01:00"}')).toEqual({
      value: "LOCK",
      id: "abc",
      at: Date.UTC(2026, 10, 21, 11),
      unreadable: null,
    });
    expect(read('{"latitude":1,"longitude":2,"id":5,"at":null}')).toMatchObject({
      value: { latitude: 1, longitude: 2 },
      id: "5",
      at: null,
    });
    expect(read('{"value":1,"id":""}').id).toBeNull();
  });

  it.each([
    ["{", "looks like JSON"],
    ["[1,", "looks like JSON"],
    ['{"value":"LOCK","at":"soon"}', "no ISO time"],
    [JSON.stringify({ value: "LOCK", id: "x".repeat(201) }), "longer than 200"],
    [`"${"x".repeat(16 * 1024)}"`, "16 KiB"],
  ])("%.30s cannot be read", (text, reason) => {
    expect(read(text).unreadable).toContain(reason);
  });

  it("never throws, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { value } = readPayload(Buffer.from(bytes));
        for (const spec of Object.values(COMMANDS)) spec.parse(value);
      }),
    );
  });
});

describe("the catalogue of commands", () => {
  it.each<[CommandName, string, string]>([
    ["lock", "LOCK", "POST commands/security/lock"],
    ["lock", "UNLOCK", "POST commands/security/unlock"],
    ["charging", "ON", "POST commands/charge/start"],
    ["charging", "OFF", "POST commands/charge/stop"],
    ["charge_limit", "80", 'POST commands/charge/set-limit {"percent":80}'],
    ["charge_port", "OPEN", "POST commands/charge-port/open"],
    ["charge_port", "CLOSE", "POST commands/charge-port/close"],
    [
      "destination",
      '{"latitude":1,"longitude":2}',
      'POST commands/navigation/set-destination {"latitude":1,"longitude":2}',
    ],
    ["charge_schedule", '{"type":"weekly","days":{}}', 'POST charge-schedules/weekly {"days":{}}'],
    ["charge_schedule", '{"delete":"s1"}', "DELETE charge-schedules/s1"],
  ])("%s %s is %s", (command, text, call) => {
    const value = asked(command, text);
    if (value === undefined) throw new Error("no value");
    const { method, path, attributes } = COMMANDS[command].call?.(value) ?? {};
    expect([method, path, attributes && JSON.stringify(attributes)].filter(Boolean).join(" ")).toBe(call);
  });

  it("knows its names and no others", () => {
    expect(["lock", "unlock", "toString", "refresh"].map(isCommandName)).toEqual([true, false, false, true]);
  });
});

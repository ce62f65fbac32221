import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { hasMosquitto } from "../support/brokers.ts";
import type { Bench } from "../support/e2e-bench.ts";
import { announced, entitiesIn, exampleFiles, readExample, startExampleBench } from "../support/examples.ts";

const entityId = z.string().regex(/^[a-z_]+\.[a-z0-9_]+$/);
const span = z.string().regex(/^\d{2}:\d{2}:\d{2}$/);
const template = z.string().regex(/\{\{[\s\S]*\}\}/);

const condition = z.discriminatedUnion("condition", [
  z.strictObject({ condition: z.literal("state"), entity_id: entityId, state: z.string() }),
  z.strictObject({ condition: z.literal("time"), after: span, before: span }),
  z.strictObject({ condition: z.literal("numeric_state"), entity_id: entityId, below: z.number() }),
  z.strictObject({ condition: z.literal("template"), value_template: template }),
]);
const trigger = z.discriminatedUnion("trigger", [
  z.strictObject({ trigger: z.literal("state"), entity_id: entityId, to: z.string(), for: span.optional() }),
  z.strictObject({ trigger: z.literal("time"), at: span }),
  z.strictObject({ trigger: z.literal("time_pattern"), minutes: z.string() }),
]);
const call = z.strictObject({
  action: z.enum(["switch.turn_on", "number.set_value", "button.press", "persistent_notification.create"]),
  target: z.strictObject({ entity_id: entityId }).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
const step = z.union([
  call,
  z.strictObject({
    wait_for_trigger: z.array(trigger),
    timeout: span,
    continue_on_timeout: z.boolean(),
  }),
  // biome-ignore lint/suspicious/noThenProperty: the key is Home Assistant's.
  z.strictObject({ if: z.array(condition), then: z.array(call) }),
]);
const automation = z.strictObject({
  alias: z.string(),
  description: z.string(),
  mode: z.literal("single"),
  variables: z.record(z.string(), z.unknown()).optional(),
  triggers: z.array(trigger).min(1),
  conditions: z.array(condition).min(1),
  actions: z.array(step).min(1),
});

const AUTOMATIONS = ["charge-by-seven", "warn-unlocked"].map(
  (name) => [name, automation.parse(parse(readExample(`home-assistant/${name}.yaml`)))] as const,
);
const FILES = exampleFiles().filter((path) => /^home-assistant\/.*\.yaml$/.test(path));

/** Every call in an automation, those inside a choice too. */
function calls({ actions }: z.infer<typeof automation>): z.infer<typeof call>[] {
  return actions.flatMap((one) => ("action" in one ? [one] : "if" in one ? one.then : []));
}

/** YAML without its comments: what Home Assistant would see. */
const live = (path: string) => JSON.stringify(parse(readExample(path)));

describe("the Home Assistant examples", () => {
  it("are a view and two automations", () => {
    expect(FILES.map((path) => path.split("/")[1])).toEqual([
      "charge-by-seven.yaml",
      "dashboard.yaml",
      "warn-unlocked.yaml",
    ]);
    const view = z
      .strictObject({
        title: z.string(),
        path: z.string(),
        icon: z.string(),
        type: z.literal("sections"),
        max_columns: z.number(),
        sections: z.array(
          z.strictObject({ type: z.literal("grid"), cards: z.array(z.looseObject({ type: z.string() })) }),
        ),
      })
      .safeParse(parse(readExample("home-assistant/dashboard.yaml")));
    expect(view.error).toBeUndefined();
  });

  it.each(AUTOMATIONS)("%s sends a command with a limit, or none", (_, one) => {
    const billed = calls(one).filter(({ action }) => !action.startsWith("persistent_notification"));
    if (billed.length > 0) expect(JSON.stringify(one.conditions)).toContain("last_triggered");
  });

  it.each(AUTOMATIONS)("%s calls actions on entities of the action's own kind", (_, one) => {
    for (const { action, target } of calls(one)) {
      const [domain] = action.split(".");
      if (target !== undefined) expect(target.entity_id.split(".")[0]).toBe(domain);
      else expect(domain).toBe("persistent_notification");
    }
  });
});

describe.skipIf(!hasMosquitto())("the Home Assistant examples and the running program", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startExampleBench();
  });
  afterAll(() => bench.close());

  it.each(FILES)("%s uses entities that are there from the start", (path) => {
    const entities = announced(bench);
    const used = entitiesIn(live(path));
    expect(used).not.toEqual([]);
    expect(used.filter((id) => entities.get(id)?.["enabled_by_default"] !== undefined || !entities.has(id))).toEqual(
      [],
    );
  });

  it("waits for words that the entities have", () => {
    const entities = announced(bench);
    for (const [, one] of AUTOMATIONS) {
      for (const { entity_id: id, word } of [
        ...one.triggers.flatMap((t) => (t.trigger === "state" ? [{ entity_id: t.entity_id, word: t.to }] : [])),
        ...one.conditions.flatMap((c) => (c.condition === "state" ? [{ entity_id: c.entity_id, word: c.state }] : [])),
      ]) {
        expect(["binary_sensor", "switch"]).toContain(entities.get(id)?.["platform"]);
        expect(["on", "off"]).toContain(word);
      }
    }
  });

  it("sets a limit that the number entity allows", () => {
    const limit = announced(bench).get("number.volkswagen_id_4_charge_limit");
    const wanted = AUTOMATIONS.flatMap(([, one]) => calls(one)).find(({ action }) => action === "number.set_value");
    const value = Number(wanted?.data?.["value"]);
    expect(value).toBeGreaterThanOrEqual(Number(limit?.["min"]));
    expect(value).toBeLessThanOrEqual(Number(limit?.["max"]));
  });

  it("reads the charge in the units it reckons with", () => {
    const entities = announced(bench);
    const unit = (id: string) => entities.get(`sensor.volkswagen_id_4_${id}`)?.["unit_of_measurement"];
    expect([unit("battery"), unit("battery_capacity")]).toEqual(["%", "kWh"]);
  });
});

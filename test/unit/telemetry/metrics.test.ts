import { expect, test } from "vitest";
import { endpointOf } from "../../../src/app/meter.ts";
import { METRICS } from "../../../src/telemetry/metric-table.ts";
import { Metrics } from "../../../src/telemetry/metrics.ts";

const lines = async (metrics: Metrics, name: string) =>
  (await metrics.text()).split("\n").filter((line) => line.startsWith(name));

test("what is counted and timed is shown with its labels", async () => {
  const metrics = new Metrics();
  metrics.count("smartcar2mqtt_polls_total", { kind: "poll", outcome: "news" });
  metrics.count("smartcar2mqtt_polls_total", { kind: "poll", outcome: "news" });
  metrics.time("smartcar2mqtt_webhook_duration_seconds", 30, { status: "200" });
  expect(await lines(metrics, "smartcar2mqtt_polls_total")).toEqual([
    'smartcar2mqtt_polls_total{kind="poll",outcome="news"} 2',
  ]);
  const durations = await lines(metrics, "smartcar2mqtt_webhook_duration_seconds");
  expect(durations).toContain('smartcar2mqtt_webhook_duration_seconds_bucket{le="0.025",status="200"} 0');
  expect(durations).toContain('smartcar2mqtt_webhook_duration_seconds_bucket{le="0.05",status="200"} 1');
  expect(durations).toContain('smartcar2mqtt_webhook_duration_seconds_sum{status="200"} 0.03');
});

test("what is read is read anew each time, and absent when it is not known", async () => {
  const metrics = new Metrics();
  let cars: { value: number; labels: { vehicle: string } }[] = [{ value: 3, labels: { vehicle: "id-4" } }];
  let age: number | null = null;
  metrics.read("smartcar2mqtt_budget_calls_used", () => cars);
  metrics.read("smartcar2mqtt_token_age_seconds", () => (age === null ? [] : [{ value: age }]));
  expect(await lines(metrics, "smartcar2mqtt_budget_calls_used")).toEqual([
    'smartcar2mqtt_budget_calls_used{vehicle="id-4"} 3',
  ]);
  expect(await lines(metrics, "smartcar2mqtt_token_age_seconds")).toEqual([]);
  cars = [];
  age = 7;
  expect(await lines(metrics, "smartcar2mqtt_budget_calls_used")).toEqual([]);
  expect(await lines(metrics, "smartcar2mqtt_token_age_seconds")).toEqual(["smartcar2mqtt_token_age_seconds 7"]);
  age = null;
  expect(await lines(metrics, "smartcar2mqtt_token_age_seconds")).toEqual([]);
});

test("a part that cannot be read leaves out its own metrics only", async () => {
  const metrics = new Metrics();
  metrics.read("smartcar2mqtt_quarantined_deliveries", () => {
    throw new Error("the database is closed");
  });
  metrics.read("smartcar2mqtt_mqtt_connected", () => [{ value: 1 }]);
  expect(await lines(metrics, "smartcar2mqtt_quarantined_deliveries")).toEqual([]);
  expect(await lines(metrics, "smartcar2mqtt_mqtt_connected")).toEqual(["smartcar2mqtt_mqtt_connected 1"]);
});

test("the process and its event loop are told of too", async () => {
  const text = await new Metrics().text();
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
  expect(text).toContain("process_resident_memory_bytes");
});

test.each(Object.entries(METRICS))("%s is named as Prometheus wants it", (name, { type, help, labels }) => {
  expect(name).toMatch(/^smartcar2mqtt_[a-z][a-z0-9_]*$/);
  expect(name.endsWith("_total")).toBe(type === "counter");
  if (type === "histogram") expect(name).toMatch(/_seconds$/);
  expect(help).toMatch(/\.$/);
  for (const label of labels) expect(["id", "vin", "user", "le"]).not.toContain(label);
});

test.each([
  ["/oauth2/token", "token"],
  ["/v3/connections", "connections"],
  ["/v3/connections/c1", "connections"],
  ["/v3/vehicles/v1", "vehicles"],
  ["/v3/vehicles/v1/signals", "signals"],
  ["/v3/vehicles/v1/signals/odometer-traveleddistance", "signals"],
  ["/v3/vehicles/v1/commands/security/lock", "commands"],
  ["/v3/vehicles/v1/charge-schedules/daily", "schedules"],
  ["/v3/webhooks", "webhooks"],
  ["/v3/subscriptions", "subscriptions"],
  ["/v3/something/else", "other"],
])("%s is an address of the kind %s", (path, kind) => {
  expect(endpointOf(path)).toBe(kind);
});

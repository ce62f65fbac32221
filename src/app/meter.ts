import type { Publisher } from "../bridge/publisher.ts";
import type { Session } from "../bridge/session.ts";
import type { Chain } from "../doctor/chain.ts";
import type { WebhookHandler } from "../http/public-server.ts";
import type { Clock } from "../lib/clock.ts";
import type { Poller } from "../scheduler/poller.ts";
import type { SmartcarGateway } from "../smartcar/gateway.ts";
import type { CallRecord } from "../smartcar/http.ts";
import type { WebhookReceiver } from "../smartcar/webhook.ts";
import type { StoreDatabase } from "../store/database.ts";
import type { Metrics, Sample } from "../telemetry/metrics.ts";
import type { Directory } from "../vehicle/directory.ts";
import type { Intake } from "../vehicle/intake.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { AppEvents } from "./events.ts";
import type { Frame } from "./frame.ts";
import type { Shown, ShownOf } from "./parts/shown.ts";

interface MeteredParts {
  readonly metrics: Metrics;
  readonly events: AppEvents;
  readonly clock: Clock;
  readonly version: string;
  readonly monthlyBudget: number;
  readonly chain: Pick<Chain, "links">;
  readonly webhook: Pick<WebhookReceiver, "stats">;
  readonly gateway: Pick<SmartcarGateway, "tokenStatus">;
  readonly session: Pick<Session, "status" | "connected">;
  readonly publisher: Pick<Publisher, "stats">;
  readonly directory: Pick<Directory, "list">;
  readonly intake: Pick<Intake, "state">;
  readonly poller: Pick<Poller, "view">;
  readonly database: Pick<StoreDatabase, "sizeBytes" | "freeBytes">;
  readonly quarantineSize: () => number;
}

/** Ids of commands counted lately: an answer said again is no second command. */
const REMEMBERED = 1_000;

/** Turns what the parts tell, and what they know when asked, into metrics. No part knows about it. */
export function meter(
  { events, clock, version, config }: Frame,
  parts: ShownOf,
  { chain }: Shown,
  metrics: Metrics,
): void {
  const { kept, account, broker, cars } = parts;
  const metered: MeteredParts = {
    metrics,
    events,
    clock,
    version,
    monthlyBudget: config.polling.monthly_budget,
    chain,
    ...account,
    ...broker,
    ...cars,
    intake: kept.intake,
    database: kept.store.database,
    quarantineSize: () => kept.store.states.quarantineSize(),
  };
  meterEvents(metered);
  meterSmartcar(metered);
  meterVehicles(metered);
  meterHome(metered);
}

function meterEvents({ metrics, events }: MeteredParts): void {
  events.poller.on("polled", ({ kind, news }) =>
    metrics.count("smartcar2mqtt_polls_total", { kind, outcome: news ? "news" : "nothing_new" }),
  );
  events.poller.on("failed", ({ kind }) => metrics.count("smartcar2mqtt_polls_total", { kind, outcome: "failed" }));
  const counted = new Set<number>();
  events.runner.on("answer", ({ execution: { key }, result: { command, status, duration_ms } }) => {
    if (counted.has(key)) return;
    counted.add(key);
    const [oldest] = counted;
    if (counted.size > REMEMBERED && oldest !== undefined) counted.delete(oldest);
    metrics.count("smartcar2mqtt_commands_total", { command, status });
    metrics.time("smartcar2mqtt_command_duration_seconds", duration_ms, { command });
  });
}

function meterSmartcar({ metrics, events, clock, webhook, gateway, quarantineSize }: MeteredParts): void {
  let tokenAt: number | null = null;
  events.smartcar.on("called", ({ path, status, code, durationMs }) => {
    const endpoint = endpointOf(path);
    if (endpoint === "token" && status === 200) tokenAt = clock.now();
    metrics.count("smartcar2mqtt_smartcar_calls_total", { endpoint, status: String(status ?? code) });
    metrics.time("smartcar2mqtt_smartcar_call_duration_seconds", durationMs, { endpoint });
  });
  metrics.read("smartcar2mqtt_token_valid", () => [flag(gateway.tokenStatus().valid)]);
  metrics.read("smartcar2mqtt_token_age_seconds", () =>
    known(gateway.tokenStatus().valid && tokenAt !== null ? (clock.now() - tokenAt) / 1_000 : null),
  );
  metrics.read("smartcar2mqtt_token_expiry_timestamp_seconds", () => instant(gateway.tokenStatus().expiresAt));
  metrics.read("smartcar2mqtt_webhook_deliveries_total", () => {
    const { accepted, duplicates, quarantined, ignored, failed } = webhook.stats();
    const stored = accepted - duplicates - quarantined - ignored;
    return by("outcome", { stored, duplicate: duplicates, quarantined, ignored, failed });
  });
  metrics.read("smartcar2mqtt_webhook_refused_total", () => by("cause", webhook.stats().rejections));
  metrics.read("smartcar2mqtt_webhook_verifications_total", () => {
    const { verified: answered, verifyRefused: refused, verifyLimited: limited } = webhook.stats();
    return by("outcome", { answered, refused, limited });
  });
  metrics.read("smartcar2mqtt_quarantined_deliveries", () => [{ value: quarantineSize() }]);
}

function meterVehicles({ metrics, directory, intake, poller, monthlyBudget }: MeteredParts): void {
  const perCar = (value: (vehicle: Vehicle) => number | null) => () =>
    directory.list().flatMap((vehicle): Sample[] => {
      const found = value(vehicle);
      return found === null ? [] : [{ value: found, labels: { vehicle: vehicle.topic } }];
    });
  const secondsOf = (ms: number | null) => (ms === null ? null : ms / 1_000);
  metrics.read("smartcar2mqtt_vehicles", () => {
    const connected = directory.list().filter((vehicle) => vehicle.connected).length;
    return by("connected", { true: connected, false: directory.list().length - connected });
  });
  metrics.read(
    "smartcar2mqtt_problems",
    perCar(({ id }) => intake.state(id).problems.size),
  );
  metrics.read(
    "smartcar2mqtt_last_webhook_timestamp_seconds",
    perCar(({ id }) => secondsOf(intake.state(id).lastWebhookAt)),
  );
  metrics.read(
    "smartcar2mqtt_last_poll_timestamp_seconds",
    perCar(({ id }) => secondsOf(poller.view(id).lastPollAt)),
  );
  metrics.read(
    "smartcar2mqtt_next_poll_timestamp_seconds",
    perCar(({ id }) => secondsOf(poller.view(id).next.dueAt)),
  );
  metrics.read(
    "smartcar2mqtt_budget_calls_used",
    perCar(({ id }) => poller.view(id).budget.used),
  );
  metrics.read(
    "smartcar2mqtt_budget_calls_remaining",
    perCar(({ id }) => poller.view(id).budget.remaining),
  );
  metrics.read("smartcar2mqtt_budget_calls_limit", () => [{ value: monthlyBudget }]);
}

function meterHome({ metrics, session, publisher, database, chain, version }: MeteredParts): void {
  metrics.read("smartcar2mqtt_build_info", () => [{ value: 1, labels: { version } }]);
  metrics.read("smartcar2mqtt_link_ok", () =>
    chain
      .links()
      .flatMap(({ name, status }) =>
        status === "not_known" ? [] : [{ ...flag(status === "ok"), labels: { link: name } }],
      ),
  );
  metrics.read("smartcar2mqtt_mqtt_connected", () => [flag(session.connected)]);
  metrics.read("smartcar2mqtt_mqtt_taken_over", () => [flag(session.status().state === "taken-over")]);
  metrics.read("smartcar2mqtt_mqtt_published_total", () => [{ value: publisher.stats().published }]);
  metrics.read("smartcar2mqtt_mqtt_publish_failures_total", () => [{ value: publisher.stats().failed }]);
  metrics.read("smartcar2mqtt_mqtt_dropped_events_total", () => [{ value: publisher.stats().droppedEvents }]);
  metrics.read("smartcar2mqtt_mqtt_pending_topics", () => [{ value: publisher.stats().pending }]);
  metrics.read("smartcar2mqtt_mqtt_topics", () => [{ value: publisher.stats().topics }]);
  metrics.read("smartcar2mqtt_database_size_bytes", () => known(database.sizeBytes));
  metrics.read("smartcar2mqtt_data_free_bytes", () => known(database.freeBytes));
}

/** A webhook handler that is timed. */
export function timed(handler: WebhookHandler, metrics: Metrics, clock: Clock): WebhookHandler {
  return {
    async receive(body, signature, encoding) {
      const startedAt = clock.now();
      const answer = await handler.receive(body, signature, encoding);
      const status = String(answer.status);
      metrics.time("smartcar2mqtt_webhook_duration_seconds", clock.now() - startedAt, { status });
      return answer;
    },
  };
}

/** The kind of an address at Smartcar: a handful, however many cars there are. */
export function endpointOf(path: CallRecord["path"]): string {
  const [last, beforeLast] = path.split("/").filter(Boolean).reverse();
  if (last === "token") return "token";
  if (/\/vehicles\/[^/]+\/commands\//.test(path)) return "commands";
  if (/\/vehicles\/[^/]+\/charge-schedules\//.test(path)) return "schedules";
  if (/\/vehicles\/[^/]+\/signals(\/|$)/.test(path)) return "signals";
  if (beforeLast === "vehicles") return "vehicles";
  return ["connections", "webhooks", "subscriptions"].find((name) => name === last || name === beforeLast) ?? "other";
}

const flag = (holds: boolean): Sample => ({ value: holds ? 1 : 0 });
const known = (value: number | null): Sample[] => (value === null ? [] : [{ value }]);
const instant = (ms: number | null): Sample[] => known(ms === null ? null : ms / 1_000);

function by(label: string, values: Readonly<Record<string, number | undefined>>): Sample[] {
  return Object.entries(values).map(([name, value = 0]) => ({ value, labels: { [label]: name } }));
}

/** One metric: its row in docs/metrics.md, and what prom-client is told. */
export interface MetricSpec {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

const counter = (help: string, ...labels: string[]): MetricSpec => ({ type: "counter", help, labels });
const gauge = (help: string, ...labels: string[]): MetricSpec => ({ type: "gauge", help, labels });
const histogram = (help: string, buckets: readonly number[], ...labels: string[]): MetricSpec => ({
  type: "histogram",
  help,
  labels,
  buckets,
});

/** Smartcar gives a webhook 15 s; what is good takes milliseconds. */
const WEBHOOK_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15];
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** A command may take minutes. */
const COMMAND_BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 180, 320];

/**
 * Every metric of our own, after Prometheus' conventions. The label `vehicle` is the car's topic name: never its id,
 * never its VIN.
 */
export const METRICS = {
  smartcar2mqtt_build_info: gauge("Always 1; the label says which version runs.", "version"),
  smartcar2mqtt_link_ok: gauge("A link of the chain holds (1) or not (0); absent while that is not known.", "link"),

  smartcar2mqtt_webhook_deliveries_total: counter(
    "Signed deliveries, by what became of them: stored, duplicate, quarantined, ignored (of a car left alone), failed (answered 503).",
    "outcome",
  ),
  smartcar2mqtt_webhook_refused_total: counter("Webhook requests that were not believed (401), by cause.", "cause"),
  smartcar2mqtt_webhook_verifications_total: counter("VERIFY requests: answered, refused, limited.", "outcome"),
  smartcar2mqtt_webhook_duration_seconds: histogram(
    "From receiving a webhook request to its answer, which for a delivery means: durable on disk.",
    WEBHOOK_BUCKETS,
    "status",
  ),
  smartcar2mqtt_quarantined_deliveries: gauge("Deliveries set aside because nobody here understands them."),

  smartcar2mqtt_smartcar_calls_total: counter(
    "Calls to Smartcar by kind of endpoint and HTTP status, or our error code where no answer came.",
    "endpoint",
    "status",
  ),
  smartcar2mqtt_smartcar_call_duration_seconds: histogram("How long calls to Smartcar took.", CALL_BUCKETS, "endpoint"),
  smartcar2mqtt_token_valid: gauge("There is a token that Smartcar takes."),
  smartcar2mqtt_token_age_seconds: gauge("Age of the token; absent without one."),
  smartcar2mqtt_token_expiry_timestamp_seconds: gauge("When the token ends; absent without one."),

  smartcar2mqtt_polls_total: counter(
    "Reads of cars by kind (poll, command, confirm) and outcome (news, nothing_new, failed).",
    "kind",
    "outcome",
  ),
  smartcar2mqtt_next_poll_timestamp_seconds: gauge("When a car is read next; absent when it is not.", "vehicle"),
  smartcar2mqtt_last_poll_timestamp_seconds: gauge("When a car was last read.", "vehicle"),
  smartcar2mqtt_last_webhook_timestamp_seconds: gauge("When a car's last delivery came.", "vehicle"),
  smartcar2mqtt_budget_calls_used: gauge("Billed calls of a car this month.", "vehicle"),
  smartcar2mqtt_budget_calls_remaining: gauge(
    "Billed calls left to a car this month; absent without a limit.",
    "vehicle",
  ),
  smartcar2mqtt_budget_calls_limit: gauge("Billed calls per car and month; 0 is no limit."),
  smartcar2mqtt_vehicles: gauge("Cars known, by whether Smartcar lists them as connected.", "connected"),
  smartcar2mqtt_problems: gauge("Problems a car has at present.", "vehicle"),

  smartcar2mqtt_mqtt_connected: gauge("There is a session with the broker."),
  smartcar2mqtt_mqtt_taken_over: gauge("Another client with our client id keeps throwing us out."),
  smartcar2mqtt_mqtt_published_total: counter("Messages the broker confirmed."),
  smartcar2mqtt_mqtt_publish_failures_total: counter("Messages the broker did not confirm."),
  smartcar2mqtt_mqtt_dropped_events_total: counter("Events that nobody could be told."),
  smartcar2mqtt_mqtt_pending_topics: gauge("Retained topics that the broker does not hold yet."),
  smartcar2mqtt_mqtt_topics: gauge("Retained topics of the bridge."),

  smartcar2mqtt_commands_total: counter("Commands by name and how they ended.", "command", "status"),
  smartcar2mqtt_command_duration_seconds: histogram(
    "From a command's request to its result.",
    COMMAND_BUCKETS,
    "command",
  ),

  smartcar2mqtt_database_size_bytes: gauge("Size of the database and its log."),
  smartcar2mqtt_data_free_bytes: gauge("Space left in the data directory."),
} as const satisfies Record<`smartcar2mqtt_${string}`, MetricSpec>;

export type MetricName = keyof typeof METRICS;

/** The table of docs/metrics.md. */
export function metricsTable(): string {
  const rows = Object.entries(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ") || "–"} | ${help} |`,
  );
  return ["| Metric | Type | Labels | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

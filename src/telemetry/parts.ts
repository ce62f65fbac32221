/** Every value of `part` in the log, with what it speaks of. The names are stable: people filter by them. */
export const LOG_PART_TABLE = {
  charging: "charging sessions",
  commands: "commands and their results",
  database: "the database file: upgrades, a file that was broken",
  directory: "connected cars: found, changed, gone",
  events: "a listener that failed",
  http: "the two HTTP ports",
  intake: "what deliveries and reads changed, problems",
  jobs: "what is done by the calendar",
  mqtt: "the session with the broker, publishing",
  poller: "reads of cars",
  recorder: "the flight recorder: switched on, off, ended",
  requests: "requests on bridge/request",
  smartcar: "the login and every call to Smartcar (debug)",
  webhook: "deliveries and their signatures, subscriptions",
  wiring: "what follows from one part in another",
} as const;

export const LOG_PARTS = Object.keys(LOG_PART_TABLE);

export function isLogPart(name: string): boolean {
  return Object.hasOwn(LOG_PART_TABLE, name);
}

/** The table of docs/logging.md. */
export function partsTable(): string {
  const rows = Object.entries(LOG_PART_TABLE).map(([name, about]) => `| \`${name}\` | ${about} |`);
  return ["| Part | Speaks of |", "| --- | --- |", ...rows].join("\n");
}

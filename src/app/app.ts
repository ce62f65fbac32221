import type { Config } from "../config/schema.ts";
import type { Listener } from "../http/listener.ts";
import { seconds } from "../lib/duration.ts";
import { Lifecycle, type StopFailure } from "../lib/lifecycle.ts";
import { reachableHost } from "../lib/reachable-host.ts";
import { Jobs } from "../scheduler/jobs.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { frameOf, type Seams } from "./frame.ts";
import { meter } from "./meter.ts";
import { observe } from "./observe.ts";
import { accountParts } from "./parts/account.ts";
import { brokerParts } from "./parts/broker.ts";
import { type Cars, carParts } from "./parts/cars.ts";
import { doorParts } from "./parts/doors.ts";
import { keptParts } from "./parts/kept.ts";
import { orderParts } from "./parts/orders.ts";
import { recordingPart } from "./parts/recording.ts";
import { shownParts } from "./parts/shown.ts";
import { calendar } from "./upkeep.ts";
import { wire } from "./wiring.ts";

export interface App {
  /** @throws AppError when the database cannot be opened or a port is taken. */
  start(): Promise<void>;
  /** Stops in reverse order within the limit; returns what did not stop in order. */
  stop(limitMs: number): Promise<readonly StopFailure[]>;
  /** The private port alone, for while the rest cannot start: `start` then goes on with it. */
  readonly page: Pick<Listener, "start" | "stop">;
  /** Resolves when the database cannot be used any longer: only a new start mends that. */
  readonly failed: Promise<void>;
  /** Where the listeners are; valid after the start. */
  readonly addresses: { readonly privateUrl: string; readonly publicUrl: string };
}

/** A failed start has little to undo. */
const UNDO_LIMIT_MS = seconds(5);

/** The whole program on one page: its parts, who gets which other, and the order in which they start. */
export function createApp(config: Config, seams: Seams): App {
  const frame = frameOf(config, seams);
  const { clock, events, logOf } = frame;

  // Built from the inside out; nothing acts before `start`. What comes later is reached through functions.
  const kept = keptParts(frame, {
    isKnown: (id) => cars.directory.get(id) !== undefined,
    isIgnored: (id) => cars.directory.isIgnored(id),
  });
  const account = accountParts(frame, kept, (delivery) => cars.webhookWatch.note(delivery));
  const broker = brokerParts(frame, kept);
  const cars: Cars = carParts(frame, kept, account);
  const orders = orderParts(frame, kept, account, cars);
  const parts = { kept, account, broker, cars, orders };
  const shown = shownParts(frame, parts);
  const recorder = recordingPart(frame, parts);
  const metrics = new Metrics();
  const doors = doorParts(frame, parts, { ...shown, recorder }, metrics);
  const jobs = new Jobs(clock, calendar({ store: kept.store, poller: cars.poller, clock }), (job, error) =>
    events.jobs.emit("failed", { job, error }),
  );

  // Who listens to whom, what is logged, what is counted.
  wire({ events, clock, log: logOf("wiring"), topics: frame.topics, ...parts, shown, inbox: doors.inbox });
  observe(events, frame.log);
  account.trafficLog.watch(events);
  meter(frame, parts, shown, metrics);

  // Started in this order, the doors once everything behind them stands, and stopped in reverse.
  const life = new Lifecycle(clock);
  life.own("database", kept.store.database);
  life.own("privacy", kept.sweep);
  life.own("intake", kept.intake);
  life.own("charging", kept.charging);
  life.own("recorder", recorder);
  life.own("smartcar", account.gateway);
  life.own("mqtt", broker.session);
  life.own("publisher", broker.publisher);
  life.own("announcer", broker.announcer);
  life.own("directory", cars.directory);
  life.own("subscriber", cars.subscriber);
  life.own("presenter", shown.presenter);
  life.own("bridge", shown.bridge);
  life.own("birth", shown.birth);
  life.own("commands", orders.runner);
  life.own("inbox", doors.inbox);
  life.own("requests", doors.requests);
  life.own("public port", doors.publicPort);
  life.own("private port", doors.privatePort);
  life.own("poller", cars.poller);
  life.own("jobs", jobs);

  return {
    start: () => life.start(UNDO_LIMIT_MS),
    stop: (limitMs) => life.stop(limitMs),
    page: doors.privatePort,
    failed: kept.incidents.failed,
    get addresses() {
      return {
        privateUrl: urlOf(doors.privatePort.address, config.http.host),
        publicUrl: urlOf(doors.publicPort.address, config.http.public_host),
      };
    },
  };
}

function urlOf(address: { readonly port: number } | null, host: string): string {
  return `http://${reachableHost(host)}:${address?.port ?? 0}`;
}

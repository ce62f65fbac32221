import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { days, hours, minutes, seconds } from "../../src/lib/duration.ts";
import { turn } from "../../test/support/wire.ts";
import { DATED_TABLES, DatabaseFacts } from "./database-facts.ts";
import { judge, type MonthMark, type SoakReport } from "./report.ts";
import { compareWithTruth } from "./truth.ts";
import { CARS, SoakWorld } from "./world.ts";

export interface SoakOptions {
  /** First and last midnight, UTC; at least three days apart. */
  readonly from: number;
  readonly to: number;
  /** Goes on afterwards until what was stored first has outlived its retention. */
  readonly beyondRetention?: boolean;
  readonly onMonth?: (mark: MonthMark) => void;
}

const FORGET_AT_MS = hours(3) + minutes(17);
const KEEP_DELIVERIES_MS = days(2);
const KEEP_MS = days(400);
const RESTART_EVERY_DAYS = 30;
const RECONNECT_EVERY_DAYS = 9;
const AFTER_MS = seconds(30);

/** Plays the days from one midnight to another, looks every night and every month, and compares at the end. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  if (new Date(2027, 0, 1).getTimezoneOffset() === new Date(2027, 6, 1).getTimezoneOffset()) {
    throw new Error("run it where clocks are changed twice a year: TZ=Europe/Berlin");
  }
  const world = await SoakWorld.open(options.from);
  try {
    return await new Soak(world, options).run();
  } finally {
    await world.close();
  }
}

class Soak {
  readonly #world: SoakWorld;
  readonly #options: SoakOptions;
  readonly #database: DatabaseFacts;
  readonly #marks: MonthMark[] = [];
  readonly #wrong: string[] = [];
  readonly #results: Record<string, number> = {};
  readonly #badStops: string[] = [];
  #given = 0;
  #nights = 0;
  #months = 0;
  #restarts = 0;
  #reconnects = 0;

  constructor(world: SoakWorld, options: SoakOptions) {
    this.#world = world;
    this.#options = options;
    this.#database = new DatabaseFacts(world.dataDir);
  }

  async run(): Promise<SoakReport> {
    const { from, to, beyondRetention } = this.#options;
    const { clock, calls, log } = this.#world;
    for (let midnight = from; midnight < to; midnight += days(1)) await this.#day(midnight);
    const topics = await this.#compare();
    const { tokens, requests } = calls;
    const billed = new Map(calls.billed);
    const booked = this.#database.booked();
    const rows = Object.fromEntries(DATED_TABLES.map((table) => [table, this.#database.rows(table)]));
    const later = beyondRetention === true ? await this.#beyondRetention() : null;
    this.#badStops.push(...(await this.#world.stop()));
    // What the simulator itself waits for.
    await this.#world.simulator.stop();
    return judge({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      days: (to - from) / days(1),
      timers: clock.fired,
      tokens,
      requests,
      refused: calls.refused,
      calls: [...billed].map(([key, count]) => {
        const [car = "", month = ""] = key.split(" ");
        return { car: nameOf(car), month, billed: count, booked: booked.get(key) ?? 0 };
      }),
      commands: { given: this.#given, results: this.#results },
      restarts: this.#restarts,
      reconnects: this.#reconnects,
      marks: this.#marks,
      jobs: { nights: this.#nights, months: this.#months, wrong: this.#wrong },
      database: { rows, later },
      topics,
      errors: { ...log.at("error"), ...log.at("fatal") },
      warnings: log.at("warn"),
      badStops: this.#badStops,
      timersLeft: clock.pending,
    });
  }

  /** From one midnight to the next. */
  async #day(midnight: number): Promise<void> {
    const day = Math.round((midnight - this.#options.from) / days(1));
    await this.#until(midnight + FORGET_AT_MS - AFTER_MS);
    const due = this.#database.olderThan("deliveries", this.#world.clock.now() - KEEP_DELIVERIES_MS);
    await this.#until(midnight + FORGET_AT_MS + AFTER_MS);
    this.#lookAtNight(day, due);
    await this.#until(midnight + hours(11));
    if (day % RESTART_EVERY_DAYS === RESTART_EVERY_DAYS - 1) await this.#restart();
    await this.#command(day);
    await this.#until(midnight + hours(15));
    if (day % RECONNECT_EVERY_DAYS === 1) {
      this.#reconnects++;
      this.#world.broker.dropClients();
    }
    await this.#turnOfDay(midnight + days(1));
  }

  /** At 03:17 UTC, in summer and winter: what is older than two days is forgotten, and nothing else. */
  #lookAtNight(day: number, due: number): void {
    const now = this.#world.clock.now();
    this.#nights++;
    // Before the third night nothing is old enough; from then on every day has brought deliveries.
    if (day > 2 && due === 0) this.#note("nothing was left to be forgotten before 03:17");
    const left = this.#database.olderThan("deliveries", now - KEEP_DELIVERIES_MS - minutes(1));
    if (left > 0) this.#note(`${left} deliveries were not forgotten at 03:17`);
    if (day > 2 && this.#database.rows("deliveries") === 0) this.#note("all deliveries were forgotten");
  }

  /** Midnight; on the first of a month (UTC) the calls are counted anew, at once and not before. */
  async #turnOfDay(midnight: number): Promise<void> {
    await this.#until(midnight - AFTER_MS);
    const isTurn = new Date(midnight).getUTCDate() === 1;
    const before = isTurn ? await this.#polling() : null;
    await this.#until(midnight + AFTER_MS);
    if (before === null) return;
    const after = await this.#polling();
    this.#months++;
    const next = new Date(midnight);
    next.setUTCMonth(next.getUTCMonth() + 1);
    for (const { topic } of CARS) {
      const [old, fresh] = [before.get(topic), after.get(topic)];
      if (old?.resets_at !== iso(midnight)) this.#note(`${topic}: before its turn the month ends ${old?.resets_at}`);
      if (fresh?.resets_at !== iso(next.getTime())) this.#note(`${topic}: the new month ends ${fresh?.resets_at}`);
      if ((fresh?.calls_used ?? Number.NaN) > 1) this.#note(`${topic}: begins with ${fresh?.calls_used} calls used`);
    }
    const mark = {
      month: new Date(midnight - 1).toISOString().slice(0, 7),
      heapMb: await heapMb(),
      databaseMb: megabytes(this.#database.bytes),
    };
    this.#marks.push(mark);
    this.#options.onMonth?.(mark);
  }

  async #restart(): Promise<void> {
    this.#restarts++;
    this.#badStops.push(...(await this.#world.stop()));
    await this.#world.start();
  }

  /** One command a day, to one car after the other. */
  async #command(day: number): Promise<void> {
    const { seen } = this.#world;
    const id = `day-${day}`;
    const order = [
      { topic: "volkswagen-id-4/charge_limit", value: 70 + (day % 3) * 10 },
      { topic: "volvo-xc60/lock", value: "LOCK" },
      // It sleeps at this hour and would refuse anything else.
      { topic: "toyota-corolla/refresh", value: "PRESS" },
    ][day % 3];
    if (order === undefined) return;
    this.#given++;
    await seen.publish(`smartcar/${order.topic}/set`, JSON.stringify({ value: order.value, id }));
    await this.#world.pass(minutes(2));
    const result = seen.messages.map(({ payload }) => JSON.parse(payload)).find((each) => each.id === id);
    const status = String(result?.status ?? "none");
    this.#results[status] = (this.#results[status] ?? 0) + 1;
    seen.clear();
  }

  /** Reads every car right after its life moved on, and compares. */
  async #compare(): Promise<Awaited<ReturnType<typeof compareWithTruth>>> {
    const { clock, seen } = this.#world;
    await this.#until(Math.ceil(clock.now() / hours(1)) * hours(1) + hours(1) + minutes(1));
    await seen.publish("smartcar/bridge/request/refresh", JSON.stringify({ id: "end" }));
    await this.#world.pass(minutes(2));
    return await compareWithTruth(this.#world);
  }

  /**
   * The machine sleeps until the first months are older than what is kept, and goes on for a while: the old rows are to
   * go, and their space is to be used again.
   */
  async #beyondRetention(): Promise<NonNullable<SoakReport["database"]["later"]>> {
    const { clock } = this.#world;
    const { from } = this.#options;
    clock.suspend(from + KEEP_MS + days(60) - clock.now());
    const midnight = Math.ceil(clock.now() / days(1)) * days(1);
    const kept = ["history", "calls", "commands"] as const;
    const older = () => {
      const horizon = clock.now() - KEEP_MS - days(1);
      return kept.reduce((sum, table) => sum + this.#database.olderThan(table, horizon), 0);
    };
    const dueRows = older();
    await this.#until(midnight + FORGET_AT_MS + AFTER_MS);
    const bytes = this.#database.bytes;
    await this.#until(midnight + days(10));
    return {
      dueRows,
      olderRows: older(),
      databaseMb: megabytes(this.#database.bytes),
      grownBytes: this.#database.bytes - bytes,
    };
  }

  async #polling(): Promise<Map<string, { readonly calls_used: number; readonly resets_at: string }>> {
    const retained = await this.#world.retained("smartcar/+/polling");
    return new Map([...retained].map(([topic, text]) => [topic.split("/")[1] ?? "", JSON.parse(text)]));
  }

  async #until(instant: number): Promise<void> {
    await this.#world.clock.advanceTo(instant);
  }

  #note(what: string): void {
    this.#wrong.push(`${iso(this.#world.clock.now())} ${what}`);
  }
}

function nameOf(vehicleId: string): string {
  return CARS.find((car) => car.vehicleId === vehicleId)?.topic ?? vehicleId;
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 10_000) / 100;
}

/** What is in use once everything that is not was taken away. */
async function heapMb(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await turn();
  }
  return megabytes(process.memoryUsage().heapUsed);
}

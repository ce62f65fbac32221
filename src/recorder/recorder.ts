import type { Clock, Timer } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";
import type { Events } from "../lib/events.ts";
import type { JsonValue } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { carEntry, iso } from "./entries.ts";
import { type Entry, FORMAT, FORMAT_VERSION, type Header } from "./format.ts";
import type { Redaction } from "./redaction.ts";
import { Tape } from "./tape.ts";

/** Bounds of each of the two recordings; both lie in memory only. What was known of the cars may take as much again. */
export const RECORDING_LIMITS = { minutes: 24 * 60, bytes: 4 * 1024 * 1024 };

/** A line longer than this is written without its body. */
const LONGEST_LINE = 512 * 1024;
const KEEP_KEY = "recorder_keep_minutes";

/** What the recorder needs of a database: that it keeps the last minutes is still so after a restart. */
export interface RecorderSettings {
  read<T>(key: string): T | undefined;
  write(key: string, value: unknown): void;
}

export interface RecorderEvents {
  /** A recording was switched on or off, or came to its end: so many minutes are kept and recorded now, 0 for none. */
  switched: { readonly keeps: number; readonly records: number };
}

export interface RecorderOptions {
  readonly clock: Clock;
  readonly settings: RecorderSettings;
  readonly redaction: Redaction;
  /** Strikes out secrets, should one have got into a line in spite of all. */
  readonly clean: (text: string) => string;
  readonly version: string;
  /** What of the configuration the header tells. */
  readonly configuration: Readonly<Record<string, JsonValue>>;
  readonly cars: () => readonly { readonly vehicle: Vehicle; readonly state: VehicleState }[];
  readonly events: Events<RecorderEvents>;
}

/** The last minutes, the older ones let go. Instants are epoch milliseconds. */
export interface KeptView {
  readonly minutes: number;
  readonly since: number;
  readonly entries: number;
  readonly bytes: number;
}

/** The next minutes, from a start to an end. */
export interface RecordedView {
  readonly startedAt: number;
  readonly endsAt: number;
  /** Null while it runs. */
  readonly endedAt: number | null;
  readonly end: "time" | "stopped" | "full" | null;
  readonly entries: number;
  readonly bytes: number;
}

interface Kept {
  readonly minutes: number;
  readonly since: number;
  readonly tape: Tape;
}

/** What was known of the cars, as lines of the file. */
interface KnownCars {
  readonly text: string;
  /** Cars there was no room for. */
  readonly leftOut: number;
}

interface Recorded {
  readonly startedAt: number;
  readonly endsAt: number;
  readonly tape: Tape;
  readonly timer: Timer;
  ended: { readonly at: number; readonly why: "time" | "stopped" | "full"; readonly cars: KnownCars } | null;
}

/**
 * The flight recorder: keeps the last minutes, records the next ones, or both. Redacted line by line as it is written, so
 * that nothing else is ever held; off, it holds nothing and does nothing.
 */
export class Recorder implements Part {
  readonly #options: RecorderOptions;
  #kept: Kept | null = null;
  #recorded: Recorded | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Goes on keeping if that was switched on before a restart. */
  start(): void {
    const kept = this.#options.settings.read<number>(KEEP_KEY) ?? 0;
    if (kept > 0) this.#keep(kept);
  }

  stop(): void {
    this.#recorded?.timer.cancel();
  }

  /** Whether anything is to be written now. Asked before any entry is made. */
  get on(): boolean {
    return this.#kept !== null || this.#recorded?.ended === null;
  }

  /** Keeps the last so many minutes from now on; 0 keeps nothing and forgets what was kept. */
  keep(count: number): void {
    this.#options.settings.write(KEEP_KEY, count);
    this.#keep(count);
    this.#tell();
  }

  /** Records the next so many minutes; an earlier recording is forgotten. */
  record(count: number): void {
    this.#recorded?.timer.cancel();
    const startedAt = this.#options.clock.now();
    const lengthMs = minutes(count);
    this.#recorded = {
      startedAt,
      endsAt: startedAt + lengthMs,
      tape: new Tape(RECORDING_LIMITS.bytes),
      timer: this.#options.clock.after(lengthMs, () => this.#end("time")),
      ended: null,
    };
    this.#tell();
  }

  /** Ends the recording that runs, if one does. */
  finish(): void {
    this.#end("stopped");
  }

  /** Writes one entry. */
  write(entry: Entry): void {
    const at = this.#options.clock.now();
    const text = this.#line(entry);
    this.#letGo()?.tape.roll(at, text);
    const recorded = this.#recorded;
    if (recorded?.ended === null && !recorded.tape.add(at, text)) this.#end("full");
  }

  kept(): KeptView | null {
    const kept = this.#letGo();
    if (kept === null) return null;
    const { minutes: count, tape } = kept;
    return { minutes: count, since: this.#keptSince(kept), entries: tape.entries, bytes: tape.bytes };
  }

  recorded(): RecordedView | null {
    if (this.#recorded === null) return null;
    const { startedAt, endsAt, tape, ended } = this.#recorded;
    const { entries, bytes } = tape;
    return { startedAt, endsAt, endedAt: ended?.at ?? null, end: ended?.why ?? null, entries, bytes };
  }

  /** The last minutes as a file's text; null when none are kept. */
  keptFile(): string | null {
    const kept = this.#letGo();
    if (kept === null) return null;
    const since = this.#keptSince(kept);
    return this.#file(since, this.#options.clock.now(), kept.tape, this.#cars(since));
  }

  /** The recording as a file's text; null while there is none that has ended. */
  recordedFile(): string | null {
    const recorded = this.#recorded;
    if (recorded === null || recorded.ended === null) return null;
    return this.#file(recorded.startedAt, recorded.ended.at, recorded.tape, recorded.ended.cars);
  }

  #keep(count: number): void {
    const kept = this.#letGo();
    if (count === 0) this.#kept = null;
    else if (kept === null) {
      this.#kept = { minutes: count, since: this.#options.clock.now(), tape: new Tape(RECORDING_LIMITS.bytes) };
    } else {
      // What was let go until now does not come back with more minutes.
      this.#kept = { minutes: count, since: this.#keptSince(kept), tape: kept.tape };
    }
  }

  /** What is kept, without what is older than that by now. */
  #letGo(): Kept | null {
    const kept = this.#kept;
    kept?.tape.forget(this.#options.clock.now() - minutes(kept.minutes));
    return kept;
  }

  /** From when on nothing is missing: since it was switched on, for so many minutes, and as far as there was room. */
  #keptSince({ minutes: count, since, tape }: Kept): number {
    const earliest = Math.max(since, this.#options.clock.now() - minutes(count));
    return tape.leftOut > 0 ? Math.max(earliest, tape.firstAt ?? earliest) : earliest;
  }

  #end(why: "time" | "stopped" | "full"): void {
    const recorded = this.#recorded;
    if (recorded === null || recorded.ended !== null) return;
    recorded.timer.cancel();
    // Now, since the cars go on: later nobody knows how they were.
    recorded.ended = { at: this.#options.clock.now(), why, cars: this.#cars(recorded.startedAt) };
    this.#tell();
  }

  /** No more of them than there is room for: a fleet takes longer to tell of than anybody waits. */
  #cars(before: number): KnownCars {
    const { cars, redaction } = this.#options;
    const all = cars();
    const tape = new Tape(RECORDING_LIMITS.bytes);
    for (const { vehicle, state } of all) {
      if (!tape.add(before, this.#line(carEntry(vehicle, state, before, redaction)))) break;
    }
    return { text: tape.text(), leftOut: all.length - tape.entries };
  }

  #file(from: number, to: number, tape: Tape, cars: KnownCars): string {
    const { version, configuration } = this.#options;
    const header: Header = {
      format: FORMAT,
      version: FORMAT_VERSION,
      program: version,
      node: process.versions.node,
      from: iso(from),
      to: iso(to),
      settings: configuration,
      entries: tape.entries,
      left_out: tape.leftOut + cars.leftOut,
    };
    return `${JSON.stringify(header)}\n${cars.text}${tape.text()}`;
  }

  #tell(): void {
    const recorded = this.#recorded?.ended === null ? this.#recorded : null;
    const records = recorded === null ? 0 : (recorded.endsAt - recorded.startedAt) / minutes(1);
    this.#options.events.emit("switched", { keeps: this.#kept?.minutes ?? 0, records });
  }

  #line(entry: Entry): string {
    const text = JSON.stringify(entry);
    const short = text.length > LONGEST_LINE && "body" in entry ? JSON.stringify({ ...entry, body: null }) : text;
    return this.#options.clean(short);
  }
}

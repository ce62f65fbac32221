import type { Clock, Timer } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import type { Part } from "../lib/lifecycle.ts";
import { type Announced, announcedOf, markers } from "./discovery.ts";
import type { DeviceDocument } from "./discovery-component.ts";
import { MadePayload } from "./kept-payload.ts";
import type { Publisher } from "./publisher.ts";
import { RANK } from "./retained.ts";

/** What was announced must outlive us: only what is remembered can be taken back. */
export interface AnnouncementStore {
  load(): ReadonlyMap<string, Announced>;
  save(topic: string, components: Announced): void;
  remove(topic: string): void;
}

export interface AnnouncerOptions {
  readonly publisher: Pick<Publisher, "retain" | "erase" | "isConfirmed">;
  readonly store: AnnouncementStore;
  readonly clock: Clock;
}

/** New signals come in bursts; one document for all of them. */
const SETTLE_MS = seconds(2);
/** Home Assistant loses part of a document that follows too soon on the one before. */
const BETWEEN_DOCUMENTS_MS = seconds(5);

/** Keeps Home Assistant's devices in step with the documents it is given, and takes back what is gone. */
export class Announcer implements Part {
  readonly #options: AnnouncerOptions;
  readonly #announced = new Map<string, Announced>();
  readonly #wanted = new Map<string, () => DeviceDocument>();
  readonly #timers = new Map<string, Timer>();
  #running = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  start(): void {
    for (const [topic, components] of this.#options.store.load()) this.#announced.set(topic, components);
    this.#running = true;
    // What was given before is announced at once: a restart must not leave Home Assistant waiting.
    for (const topic of [...this.#wanted.keys()]) this.#announce(topic);
  }

  stop(): void {
    this.#running = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /**
   * Announces a device, soon.
   * @param make gives the same document every time: one takes 25 KB, and there can be thousands of cars
   */
  announce(topic: string, make: () => DeviceDocument): void {
    const isNew = !this.#wanted.has(topic);
    this.#wanted.set(topic, make);
    if (!this.#running || this.#timers.has(topic)) return;
    if (isNew && this.#announced.has(topic)) this.#announce(topic);
    else this.#later(topic, SETTLE_MS);
  }

  /** Takes a whole device back; with it go all its entities. */
  withdraw(topic: string): void {
    this.#timers.get(topic)?.cancel();
    this.#timers.delete(topic);
    this.#wanted.delete(topic);
    this.#announced.delete(topic);
    this.#options.store.remove(topic);
    this.#options.publisher.erase(topic);
  }

  /** Topics announced earlier whose device nobody speaks of any more. */
  orphans(): readonly string[] {
    return [...this.#announced.keys()].filter((topic) => !this.#wanted.has(topic));
  }

  #announce(topic: string): void {
    const { publisher, store } = this.#options;
    const make = this.#wanted.get(topic);
    if (make === undefined) return;
    const document = make();
    const previous = this.#announced.get(topic) ?? {};
    const [first = document, plain] = markers(previous, document);
    const now = announcedOf(document);
    if (plain === undefined) {
      publisher.retain(topic, new MadePayload(() => JSON.stringify(make())), RANK.discovery);
      this.#remember(topic, previous, now);
      return;
    }
    const payload = JSON.stringify(first);
    publisher.retain(topic, payload, RANK.discovery);
    // Remembered until the broker has taken the document that takes them back.
    this.#remember(topic, previous, { ...now, ...previous });
    this.#later(topic, BETWEEN_DOCUMENTS_MS, () => {
      if (!publisher.isConfirmed(topic, payload)) return;
      this.#announced.set(topic, now);
      store.save(topic, now);
    });
  }

  #remember(topic: string, previous: Announced, components: Announced): void {
    this.#announced.set(topic, components);
    if (JSON.stringify(previous) !== JSON.stringify(components)) this.#options.store.save(topic, components);
  }

  #later(topic: string, delayMs: number, before: () => void = () => undefined): void {
    this.#timers.set(
      topic,
      this.#options.clock.after(delayMs, () => {
        this.#timers.delete(topic);
        before();
        this.#announce(topic);
      }),
    );
  }
}

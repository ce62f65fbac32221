import type { Clock } from "../lib/clock.ts";
import {
  type AnswerFacts,
  type CallFacts,
  callEntry,
  type DeliveryFacts,
  deliveryEntry,
  iso,
  type ResultFacts,
  resultEntry,
} from "./entries.ts";
import type { Recorder } from "./recorder.ts";
import type { Redaction } from "./redaction.ts";

/** Where something comes in or goes out: each tells the recorder, and does nothing while that is off. */
export class Edges {
  readonly #recorder: Pick<Recorder, "on" | "write">;
  readonly #redaction: Redaction;
  readonly #clock: Clock;

  constructor(recorder: Pick<Recorder, "on" | "write">, redaction: Redaction, clock: Clock) {
    this.#recorder = recorder;
    this.#redaction = redaction;
    this.#clock = clock;
  }

  delivery(facts: DeliveryFacts, raw: string | null): void {
    if (this.#recorder.on) this.#recorder.write(deliveryEntry(facts, raw, this.#redaction));
  }

  call(call: CallFacts, answer: AnswerFacts | null): void {
    if (this.#recorder.on) this.#recorder.write(callEntry(this.#clock.now(), call, answer, this.#redaction));
  }

  /** @param vehicleId null where the topic names no car we know */
  command(vehicleId: string | null, command: string, message: { payload: Buffer; retain: boolean }): void {
    if (!this.#recorder.on) return;
    this.#recorder.write({
      kind: "command",
      at: iso(this.#clock.now()),
      vehicle_id: vehicleId === null ? null : this.#redaction.id(vehicleId),
      command: this.#redaction.words(command),
      payload: this.#redaction.payload(message.payload.toString("utf8")),
      retained: message.retain,
    });
  }

  request(name: string, payload: Buffer): void {
    if (!this.#recorder.on) return;
    this.#recorder.write({
      kind: "request",
      at: iso(this.#clock.now()),
      name: this.#redaction.words(name),
      payload: this.#redaction.payload(payload.toString("utf8")),
    });
  }

  result(vehicleId: string | null, result: ResultFacts): void {
    if (this.#recorder.on) this.#recorder.write(resultEntry(this.#clock.now(), vehicleId, result, this.#redaction));
  }

  mqtt(state: string): void {
    if (this.#recorder.on) this.#recorder.write({ kind: "mqtt", at: iso(this.#clock.now()), state });
  }
}

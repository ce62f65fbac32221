import { type KeptPayload, textOf } from "../../../src/bridge/kept-payload.ts";

/** Stands for the publisher: what is retained now, and everything that was said, in order. */
export class FakePublisher {
  readonly held = new Map<string, string>();
  readonly events: { topic: string; payload: string }[] = [];
  readonly replies: { topic: string; payload: string; properties: object }[] = [];
  /** Erased, and not confirmed by the broker yet. */
  readonly erasing = new Set<string>();
  #said: string[] = [];
  confirmed = true;
  delivers = true;

  retain = (topic: string, kept: KeptPayload): void => {
    const payload = textOf(kept);
    // As the real one: what the broker holds already is not said again.
    if (this.held.get(topic) === payload) return;
    this.held.set(topic, payload);
    this.#said.push(topic);
  };
  erase = (topic: string): void => {
    this.held.delete(topic);
    this.#said.push(`-${topic}`);
  };
  eraseBelow = (prefix: string): void => {
    for (const topic of [...this.held.keys()]) if (topic.startsWith(prefix)) this.erase(topic);
  };
  emit = (topic: string, payload: string): void => {
    this.events.push({ topic, payload });
  };
  reply = (topic: string, payload: string, properties: object = {}): Promise<boolean> => {
    this.replies.push({ topic, payload, properties });
    return Promise.resolve(this.delivers);
  };
  isErasing = (topic: string): boolean => this.erasing.has(topic);
  holds = (topic: string): boolean => this.held.has(topic);
  isConfirmed = (topic: string, payload: string): boolean => this.confirmed && this.held.get(topic) === payload;

  /** Topics said since the last call, without the part that all share. */
  said(prefix = ""): string[] {
    return this.#said.splice(0).map((topic) => topic.replace(prefix, ""));
  }

  json(topic: string): unknown {
    const payload = this.held.get(topic);
    return payload === undefined ? undefined : JSON.parse(payload);
  }
}

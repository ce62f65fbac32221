/**
 * A typed event map whose listeners cannot throw into the emitter: a listener's failure goes to `onListenerError`
 * with the event's name, and the other listeners still run. Listeners run synchronously, in order of registration.
 */
export class Events<EventMap extends object> {
  readonly #listeners = new Map<keyof EventMap, Set<(payload: never) => void>>();
  readonly #onListenerError: (event: keyof EventMap, error: unknown) => void;

  constructor(onListenerError: (event: keyof EventMap, error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Registers a listener; the returned function takes it away again. */
  on<K extends keyof EventMap>(event: K, listener: (payload: EventMap[K]) => void): () => void {
    let set = this.#listeners.get(event);
    if (set === undefined) {
      set = new Set();
      this.#listeners.set(event, set);
    }
    set.add(listener);
    return () => set.delete(listener);
  }

  emit<K extends keyof EventMap>(event: K, payload: EventMap[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as (payload: EventMap[K]) => void)(payload);
      } catch (error) {
        this.#onListenerError(event, error);
      }
    }
  }
}

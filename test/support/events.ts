import { Events } from "../../src/lib/events.ts";

/** Events whose listeners' failures fail the test. */
export function strictEvents<EventMap extends object>(): Events<EventMap> {
  return new Events<EventMap>((event, error) => {
    throw new Error(`a listener of ${String(event)} threw`, { cause: error });
  });
}

/** Everything emitted of one kind, in order. */
export function collect<EventMap extends object, K extends keyof EventMap>(
  events: Events<EventMap>,
  event: K,
): EventMap[K][] {
  const seen: EventMap[K][] = [];
  events.on(event, (payload) => {
    seen.push(payload);
  });
  return seen;
}

import { Announcer } from "../../bridge/announcer.ts";
import { Publisher } from "../../bridge/publisher.ts";
import { Session } from "../../bridge/session.ts";
import type { Frame } from "../frame.ts";
import type { Kept } from "./kept.ts";

/** The MQTT session, and what goes out through it. */
export interface Broker {
  readonly session: Session;
  readonly publisher: Publisher;
  readonly announcer: Announcer;
}

export function brokerParts({ broker, clock, random, topics, logOf }: Frame, { store }: Kept): Broker {
  const session = new Session({
    broker,
    stateTopic: topics.bridgeState,
    log: logOf("mqtt"),
    clock,
    random,
  });
  const publisher = new Publisher({ session, clock, random, log: logOf("mqtt") });
  const announcer = new Announcer({ publisher, store: store.announcements, clock });
  return { session, publisher, announcer };
}

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

export function brokerParts({ config: { mqtt }, clock, random, topics, logOf }: Frame, { store }: Kept): Broker {
  const session = new Session({
    broker: {
      url: mqtt.url,
      username: mqtt.username,
      password: mqtt.password,
      caFile: mqtt.ca_file,
      certFile: mqtt.cert_file,
      keyFile: mqtt.key_file,
      servername: mqtt.servername,
      rejectUnauthorized: mqtt.reject_unauthorized,
      version: mqtt.version,
      clientId: mqtt.client_id,
    },
    stateTopic: topics.bridgeState,
    log: logOf("mqtt"),
    clock,
    random,
  });
  const publisher = new Publisher({ session, clock, random, log: logOf("mqtt") });
  const announcer = new Announcer({ publisher, store: store.announcements, clock });
  return { session, publisher, announcer };
}

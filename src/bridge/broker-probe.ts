import { type Clock, sleep, withTimeout } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import { type ConnectFailure, connectFailure } from "./connect-failure.ts";
import { type BrokerConnect, Connection } from "./connection.ts";
import { mqttConnect } from "./mqtt-client.ts";
import { MqttError } from "./mqtt-error.ts";
import { type BrokerSettings, brokerLabel, sessionOptions } from "./session-options.ts";

export interface ProbeOptions {
  /** As the bridge has them; the client id is made another one, so that the bridge is not thrown out. */
  readonly broker: BrokerSettings;
  /** Retained topics to look for. Never a command's: a probe must not take part in anything. */
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly limitMs: number;
  /** Test seam. */
  readonly connect?: BrokerConnect;
}

export type Probe =
  | { readonly ok: true; readonly retained: ReadonlySet<string>; readonly refused: readonly string[] }
  | ({ readonly ok: false } & ConnectFailure);

const ANSWER_LIMIT_MS = seconds(5);
/** A broker sends what is retained right after its answer to the subscription. */
const RETAINED_MS = 500;
const GOODBYE_MS = seconds(1);

/** Connects once as `<client id>-doctor`, looks which topics are retained, and leaves. Publishes nothing. Never throws. */
export async function probeBroker({ broker, topics, clock, limitMs, connect }: ProbeOptions): Promise<Probe> {
  const label = brokerLabel(broker.url);
  const retained = new Set<string>();
  let connection: Connection | undefined;
  const abort = new AbortController();
  try {
    const own = { ...broker, clientId: `${broker.clientId}-doctor` };
    const { will: _, ...options } = await sessionOptions(own, { topic: "unused", payload: "" });
    const opened = new Promise<Connection>((resolve, reject) => {
      const made = new Connection((connect ?? mqttConnect)(options), clock, ANSWER_LIMIT_MS, {
        opened: () => resolve(made),
        message: (topic, payload, packet) => {
          if (packet.retain && payload.length > 0) retained.add(topic);
          if (retained.size === topics.length) abort.abort();
        },
        ended: ({ error }) => reject(error ?? new Closed()),
      });
      connection = made;
    });
    const live = await withTimeout(clock, limitMs, opened, () => silent(label));
    const refused = await live.subscribe(topics, { qos: 1 });
    if (topics.length > refused.length) await sleep(clock, RETAINED_MS, abort.signal);
    await live.end(GOODBYE_MS);
    return { ok: true, retained, refused };
  } catch (thrown) {
    const failure = connectFailure(label, thrown instanceof Closed ? null : toError(thrown));
    return { ok: false, ...failure };
  } finally {
    connection?.abort();
  }
}

/** The broker closed the connection and said nothing. */
class Closed extends Error {}

function silent(label: string): MqttError {
  return new MqttError("MQTT_NO_ANSWER", `${label} does not answer as an MQTT broker`, {
    disposition: "retry",
    hint: "make scheme, host and port of mqtt.url those of the broker",
  });
}

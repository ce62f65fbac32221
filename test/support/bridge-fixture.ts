import { Publisher } from "../../src/bridge/publisher.ts";
import { Session } from "../../src/bridge/session.ts";
import type { SessionState, SessionStatus } from "../../src/bridge/session-events.ts";
import type { BrokerSettings } from "../../src/bridge/session-options.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { FakeLog } from "./fake-log.ts";
import { PATIENCE_MS } from "./patience.ts";

/** A clock whose waits are shorter, so that a test need not wait for a real back-off. */
function fastClock(factor: number): Clock {
  return { now: () => systemClock.now() * factor, after: (delayMs, run) => systemClock.after(delayMs / factor, run) };
}

export interface BridgeFixture {
  readonly session: Session;
  readonly publisher: Publisher;
  readonly log: FakeLog;
  /** Resolves when the session is in a state, or at once if it is already. */
  state(wanted: SessionState): Promise<SessionStatus>;
  stop(): Promise<void>;
}

/** A session and its publisher against a real broker, not yet started. Their clock runs ten times faster. */
export function bridgeFixture(broker: Partial<BrokerSettings> & { url: string }): BridgeFixture {
  const log = new FakeLog();
  const clock = fastClock(10);
  const session = new Session({
    broker: { version: "5", clientId: "smartcar2mqtt", ...broker },
    stateTopic: "smartcar/bridge/state",
    clock,
    random: Math.random,
    log,
  });
  const publisher = new Publisher({ session, clock: systemClock, random: Math.random, log });
  publisher.start();
  return {
    session,
    publisher,
    log,
    state(wanted) {
      if (session.status().state === wanted) return Promise.resolve(session.status());
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          off();
          reject(new Error(`not ${wanted} but ${JSON.stringify(session.status())}`));
        }, PATIENCE_MS);
        const off = session.events.on("status", (status) => {
          if (status.state !== wanted) return;
          clearTimeout(timer);
          off();
          resolve(status);
        });
      });
    },
    async stop() {
      await publisher.stop();
      await session.stop();
    },
  };
}

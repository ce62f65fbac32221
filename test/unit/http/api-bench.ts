import fastify, { type FastifyInstance } from "fastify";
import { Access } from "../../../src/http/access.ts";
import { type ApiOptions, registerApi } from "../../../src/http/api.ts";
import { LiveEvents } from "../../../src/http/live-events.ts";
import type { Setup } from "../../../src/http/schema/setup.ts";
import type { Traffic } from "../../../src/http/schema/traffic.ts";
import type { Polling } from "../../../src/http/schema/vehicles.ts";
import { FakeClock } from "../../support/fake-clock.ts";

export const POLLING: Polling = {
  mode: "auto",
  reason: "idle",
  interval_s: 21_600,
  next_poll_at: null,
  last_poll_at: null,
  calls_used: 3,
  calls_remaining: 497,
  budget: 500,
  resets_at: null,
  reserve: 50,
  forecast: 40,
  per_day: [],
};

const SETUP = { version: "1.2.3", boxes: [] } as unknown as Setup;
const TRAFFIC = { deliveries: [] } as unknown as Traffic;

export interface ApiBench {
  readonly app: FastifyInstance;
  readonly clock: FakeClock;
  readonly live: LiveEvents;
}

/** The API on a bare fastify, with stand-ins behind it. */
export function apiBench(options: Partial<ApiOptions> & { password?: string } = {}): ApiBench {
  const clock = new FakeClock();
  const live = options.live ?? new LiveEvents({ clock });
  const app = fastify();
  registerApi(app, {
    version: "1.2.3",
    now: () => clock.now(),
    access: new Access({ password: options.password, clock }),
    live,
    chain: { links: () => [], readiness: () => ({ ready: true }) },
    cars: {
      list: () => [],
      facts: () => {
        throw new Error("no car is known");
      },
      commands: () => [],
      polling: () => POLLING,
      history: () => [],
      sessions: () => [],
    },
    orders: { vehicle: () => undefined, order: async () => null, release: () => undefined, audit: () => [] },
    traffic: { traffic: () => TRAFFIC, report: () => "# report" },
    recording: {
      recording: () => ({ kept: null, recorded: null, limits: { minutes: 60, bytes: 1_000 } }),
      keep: () => undefined,
      record: () => undefined,
      finish: () => undefined,
      file: () => null,
    },
    setup: {
      setup: () => SETUP,
      check: async () => undefined,
      connectLink: () => ({ url: "https://connect.example/", expiresAt: clock.now() }),
    },
    ...options,
  });
  return { app, clock, live };
}

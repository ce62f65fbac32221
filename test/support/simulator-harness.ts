import { afterEach, expect } from "vitest";
import type { JsonValue } from "../../src/lib/json.ts";
import { Simulator, type SimulatorEvents, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { FakeClock } from "./fake-clock.ts";
import { seededRandom } from "./seeded-random.ts";

/** A body as a test reads it: any path may be asked for, what is not there is undefined. */
// biome-ignore lint/suspicious/noExplicitAny: tests read foreign JSON; a wrong path fails the expectation
export type Loose = any;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Loose;
}

/** A simulator on a clock that the test moves, and a client that holds a token. */
export class SimulatorHarness {
  readonly clock: FakeClock;
  readonly simulator: Simulator;
  #token = "";

  constructor(options: Partial<SimulatorOptions> = {}, clock = new FakeClock()) {
    this.clock = clock;
    this.simulator = new Simulator({ clock, random: seededRandom(), cars: [], ...options });
  }

  async start(): Promise<this> {
    await this.simulator.start();
    await this.renewToken();
    return this;
  }

  async renewToken(): Promise<void> {
    const reply = await this.send("POST", "/oauth2/token", {
      body: { grant_type: "client_credentials", client_id: "client_simulator", client_secret: "simulator-secret" },
      token: "",
    });
    this.#token = reply.body.access_token;
  }

  async send(
    method: string,
    path: string,
    options: { body?: JsonValue | URLSearchParams; headers?: Record<string, string>; token?: string } = {},
  ): Promise<Reply> {
    const { body, headers = {}, token = this.#token } = options;
    const response = await fetch(`${this.simulator.url}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || body instanceof URLSearchParams ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body instanceof URLSearchParams ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: readBody(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send("GET", path, { headers });
  }

  /** A call about one of the simulator's cars, as its owner. */
  asOwner(method: string, vehicleId: string, path: string, body?: JsonValue): Promise<Reply> {
    const userId = this.simulator.cars().find((car) => car.vehicleId === vehicleId)?.userId ?? "";
    return this.send(method, `/v3/vehicles/${vehicleId}${path}`, {
      headers: { "sc-user-id": userId },
      ...(body === undefined ? {} : { body }),
    });
  }

  bodyOf(vehicleId: string, code: string): Loose {
    const car = this.simulator.cars().find((candidate) => candidate.vehicleId === vehicleId);
    return car?.signals.find((signal) => signal.code === code)?.body;
  }

  /** The next event of this kind for which `matches` holds. */
  next<K extends keyof SimulatorEvents>(
    event: K,
    matches: (payload: SimulatorEvents[K]) => boolean = () => true,
  ): Promise<SimulatorEvents[K]> {
    return new Promise((resolve) => {
      const off = this.simulator.events.on(event, (payload) => {
        if (!matches(payload)) return;
        off();
        resolve(payload);
      });
    });
  }
}

const running: SimulatorHarness[] = [];

/** Starts a harness that stops after the test, and must leave no timer behind. */
export async function startSimulator(options: Partial<SimulatorOptions> = {}): Promise<SimulatorHarness> {
  const harness = new SimulatorHarness(options);
  running.push(harness);
  return await harness.start();
}

afterEach(async () => {
  for (const harness of running.splice(0)) {
    await harness.simulator.stop();
    expect(harness.clock.pending, "timers left after stop").toBe(0);
  }
});

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import { type Clock, sleep } from "../lib/clock.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { CarOptions } from "./car-options.ts";
import {
  faultOf,
  type Listed,
  type ListedCar,
  listedCars,
  listedSignals,
  type RecordedSignal,
  webhookChoice,
} from "./replay-answers.ts";
import type { KnownSignal, RecordedCall, RecordedCar, RecordedDelivery, Recording } from "./replay-file.ts";
import { ReplayTimes } from "./replay-times.ts";
import type { Simulator } from "./simulator.ts";

export interface ReplayOptions {
  /** Without cars of its own, and quiet: it tells nobody anything by itself. */
  readonly simulator: Simulator;
  readonly recording: Recording;
  readonly clock: Clock;
  /** How much faster than recorded. */
  readonly speed: number;
  /** Where the deliveries go; without one they are left out. */
  readonly webhookUrl?: string | undefined;
  readonly onBegun?: () => void;
  readonly onEnded?: () => void;
}

/** Beyond it the program under test does something else than the recorded one did. */
const MOST_FAULTS = 100;

type Step = { readonly at: number; readonly run: (times: ReplayTimes) => void | Promise<void> };

/**
 * Plays a recording on a simulator: its cars with what was known of them, then, at the recorded pace, every delivery,
 * every change of what Smartcar answered, and every failure, which strikes the next call like it. It begins when the
 * program under test is there: when its webhook has answered, or without one, when it asks for the connections.
 */
export class Replay implements Part {
  readonly #options: ReplayOptions;
  readonly #stopping = new AbortController();
  readonly #waitingFaults = new Map<string, string>();
  #off: (() => void) | undefined;
  #playing: Promise<void> = Promise.resolve();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Puts the cars in place; the simulator must have been started. */
  async start(): Promise<void> {
    const { simulator, recording, clock, webhookUrl } = this.#options;
    const times = new ReplayTimes(recording.from, clock.now(), 1);
    for (const car of carsOf(recording)) this.#place(car, times);
    for (const call of recording.calls) {
      const choice = webhookUrl === undefined ? null : webhookChoice(call);
      if (choice === null) continue;
      const { triggers, data, ...rest } = choice;
      await simulator.setWebhook({
        ...rest,
        callbackUrl: webhookUrl,
        triggers: [...triggers],
        data: [...data],
        verify: false,
      });
      break;
    }
    const begin = () => {
      this.#off?.();
      this.#playing = this.#play();
    };
    this.#off =
      webhookUrl === undefined
        ? simulator.events.on("request", ({ path, status }) => {
            if (path === "/v3/connections" && status === 200) begin();
          })
        : simulator.events.on("verified", begin);
  }

  async stop(): Promise<void> {
    this.#off?.();
    this.#stopping.abort();
    await this.#playing;
  }

  /** One step after the other, so that what was recorded in order arrives in order. */
  async #play(): Promise<void> {
    const { recording, clock, speed, onBegun, onEnded } = this.#options;
    const { signal } = this.#stopping;
    const times = new ReplayTimes(recording.from, clock.now(), speed);
    onBegun?.();
    for (const step of this.#steps()) {
      await sleep(clock, times.at(step.at) - clock.now(), signal);
      if (signal.aborted) return;
      await step.run(times);
    }
    onEnded?.();
  }

  #steps(): Step[] {
    const { recording, webhookUrl } = this.#options;
    const deliveries = webhookUrl === undefined ? [] : recording.deliveries;
    return [
      ...deliveries.map((delivery): Step => ({ at: delivery.at, run: (times) => this.#deliver(delivery, times) })),
      ...recording.calls.map((call): Step => ({ at: call.at, run: (times) => this.#answered(call, times) })),
    ].sort((a, b) => a.at - b.at);
  }

  /** Signed anew, whoever signed it; what was refused is refused again. */
  async #deliver({ outcome, cause, body }: RecordedDelivery, times: ReplayTimes): Promise<void> {
    if (outcome === "verified") return;
    const wasRefused = outcome === "refused";
    const signature = !wasRefused ? "valid" : cause === "signature missing" ? "none" : "wrong";
    // What was no JSON was not recorded; anything else that is none fares alike.
    const payload = wasRefused ? {} : body === null ? "not recorded" : times.moved(body);
    await this.#options.simulator.deliver({ payload, signature });
  }

  #answered(call: RecordedCall, times: ReplayTimes): void {
    const cars = listedCars(call);
    if (cars !== null) this.#connect(cars);
    const signals = listedSignals(call);
    if (signals !== null) this.#store(signals.vehicleId, signals, times);
    const fault = faultOf(call);
    if (fault === null) return;
    // The program under test may ask less often: failures of one call must not pile up.
    const key = `${call.method} ${call.path}`;
    const waiting = this.#waitingFaults.get(key);
    const all = this.#options.simulator.faults();
    if (all.length >= MOST_FAULTS || all.some(({ id }) => id === waiting)) return;
    this.#waitingFaults.set(key, this.#options.simulator.addFault(fault));
  }

  #connect({ items, isWhole }: Listed<ListedCar>): void {
    const { simulator } = this.#options;
    for (const known of simulator.cars()) {
      const item = items.find(({ vehicleId }) => vehicleId === known.vehicleId);
      if (item === undefined && !isWhole) continue;
      const isConnected = item !== undefined;
      const wasConnected = known.connectionId !== null;
      simulator.patchCar(known.vehicleId, {
        ...(isConnected === wasConnected ? {} : { connect: isConnected }),
        ...(item === undefined ? {} : { permissions: [...item.permissions] }),
      });
    }
  }

  #store(vehicleId: string, { items, isWhole }: Listed<RecordedSignal>, times: ReplayTimes): void {
    const { simulator } = this.#options;
    const car = simulator.cars().find((known) => known.vehicleId === vehicleId);
    if (car === undefined) return;
    const codes = new Set(items.map(({ code }) => code));
    const gone = isWhole ? car.signals.filter(({ code }) => !codes.has(code)) : [];
    for (const { code } of gone) simulator.setSignal(vehicleId, code, null, { deliver: false });
    for (const { code, script } of items) {
      const meta = script.meta ?? null;
      const moved = meta === null ? script : { ...script, meta: times.moved(meta) };
      simulator.setSignal(vehicleId, code, moved, { deliver: false });
    }
  }

  #place({ options, connected, signals }: PlacedCar, times: ReplayTimes): void {
    const { simulator } = this.#options;
    const { vehicleId } = simulator.addCar(options);
    if (!connected) simulator.patchCar(vehicleId, { connect: false });
    this.#store(vehicleId, { items: signals, isWhole: true }, times);
  }
}

interface PlacedCar {
  readonly options: CarOptions;
  readonly connected: boolean;
  readonly signals: readonly RecordedSignal[];
}

/** Every car the recording tells of, as it was at its beginning. */
function carsOf({ cars, calls }: Recording): PlacedCar[] {
  const lists = calls.map(listedCars).filter((list) => list !== null);
  const atFirst = lists[0];
  const known = cars.map(knownCar);
  const listed = lists.flatMap(({ items }) => items);
  const ids = new Set([...known, ...listed].map(({ vehicleId }) => vehicleId));
  return [...ids].map((id): PlacedCar => {
    const before = known.find(({ vehicleId }) => vehicleId === id);
    const described = before ?? listed.find(({ vehicleId }) => vehicleId === id);
    const { make, model, year, powertrainType, mode, userId, permissions } = described ?? NOBODY;
    const recorded = cars.find(({ vehicle }) => vehicle.id === id);
    const isListed = atFirst?.items.some(({ vehicleId }) => vehicleId === id);
    return {
      options: {
        vehicleId: id,
        userId,
        permissions,
        make,
        model,
        year,
        powertrainType: powertrainType ?? null,
        mode: mode === "simulated" ? "simulated" : "live",
        withholds: false,
      },
      connected: isListed ?? recorded?.vehicle.connected ?? true,
      signals: signalsAtFirst(id, recorded, calls),
    };
  });
}

const NOBODY: Omit<ListedCar, "vehicleId"> = {
  userId: "nobody",
  permissions: [],
  make: undefined,
  model: undefined,
  year: undefined,
  powertrainType: undefined,
  mode: undefined,
};

function knownCar({ vehicle }: RecordedCar): ListedCar {
  const { id, user_id, permissions, make, model, year, powertrain, mode } = vehicle;
  return {
    vehicleId: id,
    userId: user_id,
    permissions,
    make: make ?? undefined,
    model: model ?? undefined,
    year: year ?? undefined,
    powertrainType: powertrain ?? undefined,
    mode: mode ?? undefined,
  };
}

/** What was known before; if that is nothing, what the first read brought. */
function signalsAtFirst(id: string, car: RecordedCar | undefined, calls: readonly RecordedCall[]): RecordedSignal[] {
  const known = new Map<string, RecordedSignal>();
  for (const signal of car?.signals ?? []) {
    // A value says more than the complaint that came after it.
    if (signal.error === null || !known.has(signal.code)) known.set(signal.code, knownSignal(signal));
  }
  if (known.size > 0) return [...known.values()];
  const first = calls.map(listedSignals).find((read) => read?.vehicleId === id);
  return [...(first?.items ?? [])];
}

function knownSignal({ code, status, error, body, oem_updated_at, retrieved_at }: KnownSignal): RecordedSignal {
  const meta: JsonObject = {
    ...(oem_updated_at === null ? {} : { oemUpdatedAt: oem_updated_at }),
    ...(retrieved_at === null ? {} : { retrievedAt: retrieved_at }),
  };
  return {
    code,
    script: { status, body, error: error === null ? null : { type: error.type, code: error.code }, meta },
  };
}

import { randomBytes } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";

/** What a link was made for. */
export interface ConnectPurpose {
  /** The vehicle whose owner signs in again; null when a car is to be connected. */
  readonly reauthenticate: string | null;
}

export const LINK_LIFE_MS = minutes(15);
const MOST = 200;

/** The links under way: each is good for one return, for a quarter of an hour, so that no stranger can forge one. */
export class ConnectStates {
  readonly #clock: Clock;
  readonly #open = new Map<string, ConnectPurpose & { readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(purpose: ConnectPurpose): { readonly state: string; readonly expiresAt: number } {
    const now = this.#clock.now();
    for (const [state, { until }] of this.#open) if (until <= now) this.#open.delete(state);
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST && oldest !== undefined) this.#open.delete(oldest);
    const state = randomBytes(18).toString("base64url");
    const expiresAt = now + LINK_LIFE_MS;
    this.#open.set(state, { ...purpose, until: expiresAt });
    return { state, expiresAt };
  }

  /** What the link was made for; null when it is none of ours, was used, or is too old. Using it up. */
  redeem(state: string | null): ConnectPurpose | null {
    const held = state === null ? undefined : this.#open.get(state);
    if (state === null || held === undefined) return null;
    this.#open.delete(state);
    return held.until > this.#clock.now() ? { reauthenticate: held.reauthenticate } : null;
  }
}

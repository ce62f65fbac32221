import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";

/** What a link was made for. */
export interface ConnectPurpose {
  /** The vehicle whose owner signs in again; null when a car is to be connected. */
  readonly reauthenticate: string | null;
}

/** The `state` of a Connect link, and when it stops being good (epoch milliseconds). */
export interface IssuedState {
  readonly state: string;
  readonly expiresAt: number;
}

/** What is needed of a database: a restart must not make a used link good again. */
export interface UsedLinksStore {
  read<T>(key: string): T | undefined;
  write(key: string, value: unknown): void;
}

export interface ConnectStatesOptions {
  /** Client secrets, newest first: a link is signed with the first, and may have been signed with any. */
  readonly secrets: readonly string[];
  readonly store: UsedLinksStore;
  readonly clock: Clock;
}

export const LINK_LIFE_MS = minutes(15);
/** Used links remembered at a time. Only signed ones count, so that no stranger can fill it. */
const MOST = 200;
const LONGEST = 500;
const SETTING = "connect_links_used";

/**
 * A `state` that tells by its signature that it was made for this application: `expiry.nonce.vehicle.mac`. Whoever has
 * the configuration can make one, `connect-url` beside a running bridge too; nobody else can.
 */
export function issueState(secret: string, { reauthenticate }: ConnectPurpose, clock: Clock): IssuedState {
  const expiresAt = clock.now() + LINK_LIFE_MS;
  const nonce = randomBytes(12).toString("base64url");
  const told = [expiresAt.toString(36), nonce, Buffer.from(reauthenticate ?? "").toString("base64url")].join(".");
  return { state: `${told}.${macOf(secret, told).toString("base64url")}`, expiresAt };
}

/** Believes a link for a quarter of an hour and for one return, so that no stranger can forge or repeat one. */
export class ConnectStates {
  readonly #options: ConnectStatesOptions;

  constructor(options: ConnectStatesOptions) {
    this.#options = options;
  }

  issue(purpose: ConnectPurpose): IssuedState {
    const { secrets, clock } = this.#options;
    return issueState(secrets[0] ?? "", purpose, clock);
  }

  /** What the link was made for; null when it is none of ours, was used, or is too old. Uses it up. */
  redeem(state: string | null): ConnectPurpose | null {
    const { secrets, store, clock } = this.#options;
    if (state === null || state.length > LONGEST) return null;
    const cut = state.lastIndexOf(".");
    const told = state.slice(0, cut);
    const mac = Buffer.from(state.slice(cut + 1), "base64url");
    if (!secrets.some((secret) => isMac(macOf(secret, told), mac))) return null;

    const [expiry = "", nonce = "", vehicle = ""] = told.split(".");
    const expiresAt = Number.parseInt(expiry, 36);
    const now = clock.now();
    if (!(expiresAt > now)) return null;
    const held = Object.entries(store.read<Record<string, number>>(SETTING) ?? {});
    const used = new Map(held.filter(([, until]) => until > now));
    if (used.has(nonce) || used.size >= MOST) return null;
    store.write(SETTING, Object.fromEntries(used.set(nonce, expiresAt)));
    return { reauthenticate: vehicle === "" ? null : Buffer.from(vehicle, "base64url").toString() };
  }
}

/** The key is made from the secret for this one purpose: what it signs tells nothing of the secret. */
function macOf(secret: string, told: string): Buffer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "smartcar2mqtt connect state", 32));
  return createHmac("sha256", key).update(told).digest();
}

function isMac(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}

import { hash } from "node:crypto";

/**
 * A payload as it is kept as long as its topic: the text, or what makes it again whenever the broker must be told.
 * With thousands of cars the texts would be most of all memory.
 */
export type KeptPayload = string | PayloadSource;

export interface PayloadSource {
  /** The text as it is now. Whoever gave the source gives another one when that changes. */
  text(): string;
  /** Whether the other one made the same text when it was given. */
  equals(other: PayloadSource): boolean;
}

export function textOf(payload: KeptPayload): string {
  return typeof payload === "string" ? payload : payload.text();
}

export function isSame(a: KeptPayload, b: KeptPayload): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return textOf(a) === textOf(b);
  return a.equals(b);
}

/** Of a long text, only the way to make it is kept, and a digest to know it by. */
export class MadePayload implements PayloadSource {
  readonly #make: () => string;
  readonly #digest: string;

  constructor(make: () => string) {
    this.#make = make;
    this.#digest = hash("sha256", make(), "base64");
  }

  text(): string {
    return this.#make();
  }

  equals(other: PayloadSource): boolean {
    return other instanceof MadePayload && other.#digest === this.#digest;
  }
}

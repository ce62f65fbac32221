import type { Random } from "../lib/backoff.ts";

/** Lower-case hex from the injected randomness, so that a seeded run repeats to the letter. */
export function randomHex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
}

/** An id of the shape Smartcar uses for cars, users, webhooks, events and deliveries. */
export function randomUuid(random: Random): string {
  const hex = randomHex(random, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

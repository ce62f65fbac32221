import { createHmac, timingSafeEqual } from "node:crypto";

/** Longest challenge that is hashed for a stranger. */
const MAX_CHALLENGE_LENGTH = 256;

/** HMAC-SHA256 of `data` in lower-case hex: the form of `SC-Signature` and of a VERIFY answer. */
export function sign(key: string, data: Buffer | string): string {
  return createHmac("sha256", key).update(data).digest("hex");
}

/**
 * Whether `signature` is exactly the lower-case hex signature of these raw bytes under any of the keys. Takes the same
 * time wherever the signature differs and whichever key it belongs to.
 */
export function isSignedBy(keys: readonly string[], body: Buffer, signature: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false;
  const given = Buffer.from(signature);
  let matched = false;
  for (const key of keys) {
    matched = timingSafeEqual(given, Buffer.from(sign(key, body))) || matched;
  }
  return matched;
}

/** Whether a body as it came is one that would be hashed for whoever asks. */
export function couldBeChallenge(body: Buffer): boolean {
  return body.length <= MAX_CHALLENGE_LENGTH && isSafeChallenge(body.toString("latin1"));
}

/**
 * Whether a challenge may be hashed for whoever asks. Challenges and events are signed with the same key, so anything
 * that could be an event (JSON starts with a brace) must never be signed on request.
 */
export function isSafeChallenge(challenge: unknown): challenge is string {
  return (
    typeof challenge === "string" && challenge.length <= MAX_CHALLENGE_LENGTH && /^[A-Za-z0-9_.-]+$/.test(challenge)
  );
}

import { createHmac } from "node:crypto";

/** HMAC-SHA256 in lower-case hex: signs deliveries, and answers a VERIFY's challenge. */
export function hmacHex(key: string, message: string): string {
  return createHmac("sha256", key).update(message, "utf8").digest("hex");
}

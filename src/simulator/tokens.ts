import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { randomHex } from "./random-id.ts";
import { RefusedCall } from "./refusal.ts";

export interface TokensOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly lifetimeS: number;
}

export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
}

/** Issues application tokens and knows which are still valid. Several are at once: a new one does not end the old. */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #expiry = new Map<string, number>();

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** @throws RefusedCall in the OAuth vocabulary. */
  issue(grantType: unknown, clientId: unknown, clientSecret: unknown): IssuedToken {
    const { clock, random, lifetimeS } = this.#options;
    if (typeof grantType !== "string" || grantType === "")
      throw oauthRefusal(400, "invalid_request", "grant_type is missing");
    if (grantType !== "client_credentials") {
      throw oauthRefusal(400, "unsupported_grant_type", "only client_credentials is supported");
    }
    if (typeof clientId !== "string" || typeof clientSecret !== "string") {
      throw oauthRefusal(400, "invalid_request", "client_id and client_secret are required");
    }
    if (clientId !== this.#options.clientId || clientSecret !== this.#options.clientSecret) {
      throw oauthRefusal(401, "invalid_client", "client authentication failed");
    }
    this.#prune();
    const token = randomHex(random, 40);
    this.#expiry.set(token, clock.now() + lifetimeS * 1_000);
    return { access_token: token, token_type: "Bearer", expires_in: lifetimeS };
  }

  /** @throws RefusedCall when the header carries no valid token. */
  check(authorization: string | undefined): void {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    const expiresAt = token === undefined ? undefined : this.#expiry.get(token);
    if (expiresAt === undefined || expiresAt <= this.#options.clock.now()) {
      throw new RefusedCall({
        status: 401,
        type: "AUTHENTICATION",
        code: "UNAUTHORIZED",
        detail: "The authorization header is missing, malformed or expired.",
      });
    }
  }

  revokeAll(): void {
    this.#expiry.clear();
  }

  #prune(): void {
    const now = this.#options.clock.now();
    for (const [token, expiresAt] of this.#expiry) if (expiresAt <= now) this.#expiry.delete(token);
  }
}

function oauthRefusal(status: number, code: string, detail: string): RefusedCall {
  return new RefusedCall({ status, type: "OAUTH", code, detail });
}

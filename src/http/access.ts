import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { days, seconds } from "../lib/duration.ts";

export interface AccessOptions {
  /** undefined: everybody who reaches the listener may do everything. */
  readonly password: string | undefined;
  /** Under which path a trusted proxy mounts the page, if the request comes from one. */
  readonly mountedAt?: (request: FastifyRequest) => string | null;
  readonly clock: Clock;
}

const COOKIE = "smartcar2mqtt";
const SESSION_MS = days(30);
const MAX_SESSIONS = 100;
const BURST = 10;
const REFILL_MS = seconds(6);
const MAX_CALLERS = 1_000;
/** For supervisors and Prometheus; and the page's own code, which is no secret and shows the way in. */
const OPEN = /^\/(healthz|readyz|metrics|assets\/[^/]+|favicon\.svg|api\/(login|logout|access))$/;

const Login = z.strictObject({ password: z.string().max(1_000) });

/** The password of page and API: HTTP Basic with any user name, or a session cookie after logging in. */
export class Access {
  readonly #options: AccessOptions;
  readonly #hash: Buffer | null;
  readonly #sessions = new Map<string, number>();
  readonly #tries = new Map<string, { left: number; at: number }>();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#hash = options.password === undefined ? null : digest(options.password);
  }

  get isProtected(): boolean {
    return this.#hash !== null;
  }

  /** Whether a request proves that it comes from somebody who knows the password. */
  knows(request: FastifyRequest): boolean {
    return this.#hash !== null && (this.#hasSession(request) || this.#hasPassword(request));
  }

  /** Puts the guard before every route, and adds the way in and out. */
  register(app: FastifyInstance): void {
    if (this.#hash !== null) {
      app.addHook("onRequest", async (request, reply) => {
        const path = request.raw.url?.split("?", 1)[0] ?? "";
        if (reply.sent || OPEN.test(path) || this.#hasSession(request)) return;
        const waitMs = this.#waitMs(request);
        if (waitMs > 0) return this.#limited(reply, waitMs);
        if (this.#hasPassword(request)) return;
        if (request.headers.authorization !== undefined) this.#spend(request);
        return this.#ask(request, reply, path);
      });
    }
    app.get("/api/access", (request, reply) =>
      reply.send({ password: this.isProtected, allowed: !this.isProtected || this.knows(request) }),
    );
    app.post("/api/login", (request, reply) => this.#login(request, reply));
    app.post("/api/logout", (request, reply) => {
      this.#sessions.delete(cookieOf(request));
      return reply.header("set-cookie", this.#cookie(request, "", 0)).send({ ok: true });
    });
  }

  #login(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (this.#hash === null) return reply.send({ ok: true });
    const waitMs = this.#waitMs(request);
    if (waitMs > 0) return this.#limited(reply, waitMs);
    const given = Login.safeParse(request.body);
    if (!given.success || !timingSafeEqual(digest(given.data.password), this.#hash)) {
      this.#spend(request);
      return reply.code(401).send({ error: "this is not the password (http.password)" });
    }
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    const token = randomBytes(24).toString("base64url");
    this.#sessions.set(token, this.#options.clock.now() + SESSION_MS);
    return reply.header("set-cookie", this.#cookie(request, token, SESSION_MS / 1_000)).send({ ok: true });
  }

  /** For the page's own path only: behind a proxy others share its name. */
  #cookie(request: FastifyRequest, token: string, maxAgeS: number): string {
    const path = this.#options.mountedAt?.(request) ?? "/";
    return `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=${path}; Max-Age=${maxAgeS}`;
  }

  /** A browser that opens the page gets the page, which asks for the password; everybody else gets the reason. */
  #ask(request: FastifyRequest, reply: FastifyReply, path: string): unknown {
    void reply.code(401);
    // With this header a browser asks in a window of its own; the page asks better. Scripts need it to know what to send.
    const accept = request.headers.accept ?? "";
    const byPage = /text\/(html|event-stream)/.test(accept) || request.headers["x-requested-with"] !== undefined;
    if (!byPage) void reply.header("www-authenticate", 'Basic realm="smartcar2mqtt", charset="UTF-8"');
    if (path === "/") return undefined;
    return reply.send({ error: "the password is missing or wrong (http.password)" });
  }

  #limited(reply: FastifyReply, waitMs: number): FastifyReply {
    const waitS = Math.ceil(waitMs / 1_000);
    return reply
      .code(429)
      .header("retry-after", String(waitS))
      .send({ error: `too many wrong passwords; try again in ${waitS} s` });
  }

  #hasSession(request: FastifyRequest): boolean {
    const until = this.#sessions.get(cookieOf(request));
    return until !== undefined && until > this.#options.clock.now();
  }

  #hasPassword(request: FastifyRequest): boolean {
    const [, encoded = ""] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const [, password] = /^[^:]*:([\s\S]*)$/.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
    return password !== undefined && this.#hash !== null && timingSafeEqual(digest(password), this.#hash);
  }

  /** How long this caller must wait after too many wrong passwords; 0 when it need not. */
  #waitMs(request: FastifyRequest): number {
    const { left, at } = this.#triesOf(request);
    return left >= 1 ? 0 : Math.max(1, (1 - left) * REFILL_MS - (this.#options.clock.now() - at));
  }

  #spend(request: FastifyRequest): void {
    const { left } = this.#triesOf(request);
    this.#tries.delete(request.ip);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size >= MAX_CALLERS && oldest !== undefined) this.#tries.delete(oldest);
    this.#tries.set(request.ip, { left: left - 1, at: this.#options.clock.now() });
  }

  #triesOf(request: FastifyRequest): { left: number; at: number } {
    const now = this.#options.clock.now();
    const held = this.#tries.get(request.ip) ?? { left: BURST, at: now };
    const left = Math.min(BURST, held.left + Math.max(0, now - held.at) / REFILL_MS);
    return { left, at: now };
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function cookieOf(request: FastifyRequest): string {
  const [, token = ""] = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? "") ?? [];
  return token;
}

import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { toError } from "../lib/errors.ts";
import { isObject, type JsonValue, parseJson } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Publisher } from "./publisher.ts";
import { replyTopic } from "./reply-topic.ts";
import type { Session } from "./session.ts";
import type { Message } from "./session-events.ts";
import type { Topics } from "./topics.ts";

/** One request of `bridge/request/<name>`: what its body may hold, and what it does. */
export interface RequestHandler {
  readonly name: string;
  /** Takes the body without its `id`. @throws Error whose message goes into the answer. */
  readonly handle: (body: unknown) => Promise<JsonValue>;
}

/** Puts a schema before a handler; what does not fit is answered with the reason. */
export function request<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  handle: (body: z.output<Schema>) => Promise<JsonValue> | JsonValue,
): RequestHandler {
  return {
    name,
    handle: async (body) => {
      const parsed = schema.safeParse(body);
      if (!parsed.success) throw new Error(parsed.error.issues.map(reason).join("; "));
      return await handle(parsed.data);
    },
  };
}

/** `level: must be one of …` */
function reason({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

export interface RequestInboxOptions {
  readonly session: Pick<Session, "subscribe" | "events">;
  readonly publisher: Pick<Publisher, "reply" | "erase" | "holds">;
  readonly topics: Topics;
  readonly handlers: readonly RequestHandler[];
  /** As with commands: MQTT 3.1.1 hides whether a live message stays on the broker. */
  readonly eraseAfterUse: boolean;
  readonly log: Log;
}

const MAX_BODY_BYTES = 16 * 1024;

/** From `bridge/request/<name>` to `bridge/response/<name>`: every request gets one answer. */
export class RequestInbox implements Part {
  readonly #options: RequestInboxOptions;
  readonly #handlers: ReadonlyMap<string, RequestHandler>;
  #off: (() => void) | undefined;

  constructor(options: RequestInboxOptions) {
    this.#options = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.name, handler]));
  }

  start(): void {
    const { session, topics } = this.#options;
    session.subscribe(topics.requestFilter, { retainAsPublished: true });
    this.#off = session.events.on("message", (message) => this.#onMessage(message));
  }

  stop(): void {
    this.#off?.();
  }

  #onMessage(message: Message): void {
    const { topics, publisher, eraseAfterUse, log } = this.#options;
    const inbound = topics.parse(message.topic);
    if (inbound?.kind !== "request" || message.payload.length === 0) return;
    if (message.retain || eraseAfterUse) publisher.erase(message.topic);
    this.#answer(inbound.name, message).catch((error: unknown) => {
      log.error({ err: toError(error), name: inbound.name }, "a request could not be answered");
    });
  }

  async #answer(name: string, message: Message): Promise<void> {
    const { publisher, topics } = this.#options;
    const { id, work } = this.#work(name, message);
    const outcome = await work.then(
      (data) => ({ id, status: "ok", data }),
      (error: unknown) => ({ id, status: "error", error: toError(error).message }),
    );
    const payload = JSON.stringify(outcome);
    const responseTopic = replyTopic(message, topics, publisher);
    if (responseTopic !== null) {
      const { correlationData } = message.properties;
      void publisher.reply(responseTopic, payload, correlationData === undefined ? {} : { correlationData });
    }
    await publisher.reply(topics.bridgeResponse(name), payload);
  }

  #work(name: string, { payload, retain }: Message): { id: string; work: Promise<JsonValue> } {
    const body = payload.length > MAX_BODY_BYTES ? undefined : parseJson(payload.toString("utf8"));
    const given = isObject(body) ? body["id"] : undefined;
    const id = typeof given === "string" || typeof given === "number" ? String(given).slice(0, 200) : randomUUID();
    const refuse = (reason: string) => ({ id, work: Promise.reject<JsonValue>(new Error(reason)) });
    if (retain) return refuse("a retained request is never carried out; publish without the retain flag");
    const handler = this.#handlers.get(name);
    if (handler === undefined) return refuse(`unknown request; known are ${[...this.#handlers.keys()].join(", ")}`);
    if (!isObject(body)) return refuse("the body must be a JSON object of at most 16 KiB");
    const { id: _, ...rest } = body;
    return { id, work: handler.handle(rest) };
  }
}

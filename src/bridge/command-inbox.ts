import { randomUUID } from "node:crypto";
import { type CommandName, isCommandName } from "../commands/catalogue.ts";
import { type CommandRequest, NO_REPLY_ADDRESS, type ReplyAddress, readPayload } from "../commands/request.ts";
import type { CommandRunner } from "../commands/runner.ts";
import type { Answer } from "../commands/runner-options.ts";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Publisher } from "./publisher.ts";
import { replyTopic } from "./reply-topic.ts";
import type { Session } from "./session.ts";
import type { Message } from "./session-events.ts";
import type { Topics } from "./topics.ts";

export interface InboxOptions {
  readonly session: Pick<Session, "subscribe" | "events" | "recall">;
  readonly publisher: Pick<Publisher, "reply" | "erase" | "holds" | "isErasing">;
  readonly topics: Topics;
  readonly runner: Pick<CommandRunner, "submit">;
  readonly vehicle: (topic: string) => Vehicle | undefined;
  /** `commands.allow`. */
  readonly allow: readonly string[];
  /** MQTT 3.1.1 hides the retain flag of a message that arrives live, so the broker is asked what it stores. */
  readonly retainIsHidden: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** From `B/V/<command>/set` to a request, and from an answer to `B/V/<command>/result`. */
export class CommandInbox implements Part {
  readonly #options: InboxOptions;
  #off: (() => void) | undefined;
  /** Looks into live messages, one after the other. */
  #lookingUp: Promise<void> = Promise.resolve();
  readonly #lookups = new Set<Lookup>();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  start(): void {
    const { session, topics, allow } = this.#options;
    // `unlock` is a value of the command `lock`; what is not allowed is not even listened to.
    const commands = new Set(allow.map((allowance) => (allowance === "unlock" ? "lock" : allowance)));
    for (const filter of topics.commandFilters([...commands])) session.subscribe(filter, { retainAsPublished: true });
    this.#off = session.events.on("message", (message) => this.#onMessage(message));
  }

  async stop(): Promise<void> {
    this.#off?.();
    await this.#lookingUp;
  }

  /** Publishes an answer, on the result topic and where MQTT 5 asked for it. */
  answer({ execution, result, delivered }: Answer & { readonly delivered: () => void }): void {
    const { log } = this.#options;
    this.#publish(execution, result)
      .then((arrived) => {
        if (arrived) delivered();
        else log.warn({ command: execution.command, id: execution.id }, "a command's result could not be published");
      })
      .catch((error: unknown) =>
        log.error({ err: toError(error) }, "a command's result could not be noted as answered"),
      );
  }

  /** Resolves whether the broker has the one on the result topic. */
  #publish({ topic, command, reply }: Addressed, result: object): Promise<boolean> {
    const { publisher, topics } = this.#options;
    const payload = JSON.stringify(result);
    const { responseTopic, correlationData } = reply;
    if (responseTopic !== null) {
      const properties = correlationData === null ? {} : { correlationData: Buffer.from(correlationData, "base64") };
      void publisher.reply(responseTopic, payload, properties);
    }
    return publisher.reply(topics.commandResult(topic, command), payload);
  }

  #onMessage(message: Message): void {
    const { topics, retainIsHidden } = this.#options;
    const inbound = topics.parse(message.topic);
    // An empty payload is how a retained message is erased: ours, or somebody's who is tidying up.
    if (inbound?.kind !== "command" || !isCommandName(inbound.command) || message.payload.length === 0) return;
    if (retainIsHidden && message.retain && this.#isKnownToBeStored(message.topic)) return;
    const request = this.#request(message, inbound.vehicle, inbound.command);
    if (retainIsHidden && !message.retain) this.#lookUp(message.topic, request);
    else this.#take(message.topic, request);
  }

  /** A stored message that the broker showed: is it one that is being looked into, or was refused a moment ago? */
  #isKnownToBeStored(topic: string): boolean {
    const lookups = [...this.#lookups].filter((lookup) => lookup.topic === topic);
    for (const lookup of lookups) lookup.isStored = true;
    return lookups.length > 0 || this.#options.publisher.isErasing(topic);
  }

  /** Finds out whether a live message stays at the broker, before anything else is done with it. */
  #lookUp(topic: string, request: CommandRequest): void {
    if (this.#lookups.size >= MAX_LOOKUPS) {
      this.#refuse(request, new Error("too many commands at once"));
      return;
    }
    // What comes while the topic is being erased may be erased with it, so the look could no longer tell.
    const lookup: Lookup = { topic, isStored: this.#options.publisher.isErasing(topic) };
    this.#lookups.add(lookup);
    this.#lookingUp = this.#lookingUp.then(async () => {
      const { session, topics } = this.#options;
      try {
        for (const filter of topics.commandFilters([request.command])) {
          // A look for an earlier one may have shown it; by now that one may be erased, and this one with it.
          if (!lookup.isStored) await session.recall(filter);
        }
        this.#take(topic, { ...request, retained: lookup.isStored });
      } catch (error) {
        this.#refuse(request, toError(error));
      } finally {
        this.#lookups.delete(lookup);
      }
    });
  }

  #take(topic: string, request: CommandRequest): void {
    const { publisher, runner, log } = this.#options;
    if (request.retained) publisher.erase(topic);
    log.info({ vehicle: request.topic, command: request.command, id: request.id }, "command received");
    try {
      runner.submit(request);
    } catch (error) {
      log.error({ err: toError(error), id: request.id }, "a command could not be taken in");
      this.#refuse(request, toError(error));
    }
  }

  #request(message: Message, topic: string, command: CommandName): CommandRequest {
    const { clock, vehicle, topics, publisher } = this.#options;
    const now = clock.now();
    const payload = readPayload(message.payload);
    const expiryS = message.properties.messageExpiryInterval;
    return {
      id: payload.id ?? randomUUID(),
      topic,
      vehicle: vehicle(topic) ?? null,
      command,
      value: payload.value,
      requestedAt: payload.at ?? now,
      receivedAt: now,
      expiresAt: expiryS === undefined ? null : now + expiryS * 1_000,
      retained: message.retain,
      reply: replyAddress(message, replyTopic(message, topics, publisher)),
      unreadable: payload.unreadable,
    };
  }

  /** Without an audit row nothing may be sent; the caller is told so all the same. */
  #refuse(request: CommandRequest, error: Error): void {
    const at = new Date(this.#options.clock.now()).toISOString();
    const result = {
      id: request.id,
      command: request.command,
      value: request.value,
      status: "rejected",
      confirmed: false,
      error: { type: "BRIDGE", code: "NOT_STORED", message: error.message, action: "see the bridge's log" },
      requested_at: new Date(request.requestedAt).toISOString(),
      sent_at: null,
      completed_at: at,
      duration_ms: 0,
      calls: 0,
    };
    void this.#publish(request, result);
  }
}

/** Far more than people give at once; beyond it something is looping. */
const MAX_LOOKUPS = 20;

/** A live message of which is not known yet whether the broker stored it. */
interface Lookup {
  readonly topic: string;
  isStored: boolean;
}

/** What an answer needs to find its way: a request, or its execution. */
interface Addressed {
  readonly topic: string;
  readonly command: string;
  readonly reply: ReplyAddress;
}

function replyAddress({ properties }: Message, responseTopic: string | null): ReplyAddress {
  if (responseTopic === null) return NO_REPLY_ADDRESS;
  return { responseTopic, correlationData: properties.correlationData?.toString("base64") ?? null };
}

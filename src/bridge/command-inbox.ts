import { randomUUID } from "node:crypto";
import { type CommandName, isCommandName } from "../commands/catalogue.ts";
import { type CommandRequest, NO_REPLY_ADDRESS, type ReplyAddress, readPayload } from "../commands/request.ts";
import type { Answer, CommandRunner } from "../commands/runner.ts";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Publisher } from "./publisher.ts";
import type { Session } from "./session.ts";
import type { Message } from "./session-events.ts";
import { isPublishable, type Topics } from "./topics.ts";

export interface InboxOptions {
  readonly session: Pick<Session, "subscribe" | "events">;
  readonly publisher: Pick<Publisher, "reply" | "erase">;
  readonly topics: Topics;
  readonly runner: Pick<CommandRunner, "submit">;
  readonly vehicle: (topic: string) => Vehicle | undefined;
  /** `commands.allow`. */
  readonly allow: readonly string[];
  /** MQTT 3.1.1 hides the retain flag of a message that arrives live, so its topic is erased to be safe. */
  readonly eraseAfterUse: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** From `B/V/<command>/set` to a request, and from an answer to `B/V/<command>/result`. */
export class CommandInbox implements Part {
  readonly #options: InboxOptions;
  #off: (() => void) | undefined;

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

  stop(): void {
    this.#off?.();
  }

  /** Publishes an answer, on the result topic and where MQTT 5 asked for it. */
  answer({ execution, result, delivered }: Answer & { readonly delivered: () => void }): void {
    const { publisher, topics, log } = this.#options;
    const payload = JSON.stringify(result);
    const { responseTopic, correlationData } = execution.reply;
    if (responseTopic !== null) {
      const properties = correlationData === null ? {} : { correlationData: Buffer.from(correlationData, "base64") };
      void publisher.reply(responseTopic, payload, properties);
    }
    publisher
      .reply(topics.commandResult(execution.topic, execution.command), payload)
      .then((arrived) => {
        if (arrived) delivered();
        else log.warn({ command: execution.command, id: execution.id }, "a command's result could not be published");
      })
      .catch((error: unknown) =>
        log.error({ err: toError(error) }, "a command's result could not be noted as answered"),
      );
  }

  #onMessage(message: Message): void {
    const { topics, publisher, runner, log, eraseAfterUse } = this.#options;
    const inbound = topics.parse(message.topic);
    // An empty payload is how a retained message is erased: ours, or somebody's who is tidying up.
    if (inbound?.kind !== "command" || !isCommandName(inbound.command) || message.payload.length === 0) return;
    if (message.retain || eraseAfterUse) publisher.erase(message.topic);
    const request = this.#request(message, inbound.vehicle, inbound.command);
    log.info({ vehicle: inbound.vehicle, command: inbound.command, id: request.id }, "command received");
    try {
      runner.submit(request);
    } catch (error) {
      log.error({ err: toError(error), id: request.id }, "a command could not be taken in");
      this.#refuse(request, toError(error));
    }
  }

  #request(message: Message, topic: string, command: CommandName): CommandRequest {
    const { clock, vehicle } = this.#options;
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
      reply: replyAddress(message),
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
    void this.#options.publisher.reply(
      this.#options.topics.commandResult(request.topic, request.command),
      JSON.stringify(result),
    );
  }
}

function replyAddress({ properties }: Message): ReplyAddress {
  const { responseTopic, correlationData } = properties;
  if (responseTopic === undefined || !isPublishable(responseTopic)) return NO_REPLY_ADDRESS;
  return { responseTopic, correlationData: correlationData?.toString("base64") ?? null };
}

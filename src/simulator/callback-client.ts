import { Agent, request } from "undici";
import type { Clock } from "../lib/clock.ts";
import { systemCode, toError } from "../lib/errors.ts";

const ANSWER_LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 65_536;

/** How a callback took one POST; `status` is null when no answer came in time. */
export interface CallbackAnswer {
  readonly status: number | null;
  readonly text: string;
  readonly error: string | null;
}

/** Posts to callback addresses with Smartcar's manners: 15 seconds, no redirects followed. */
export class CallbackClient {
  readonly #clock: Clock;
  #agent: Agent | undefined;
  readonly #stopping = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Never throws: a failure is an answer too. */
  async post(url: string, body: string, headers: Record<string, string>): Promise<CallbackAnswer> {
    const abort = new AbortController();
    const limit = this.#clock.after(ANSWER_LIMIT_MS, () => abort.abort());
    try {
      const answer = await request(url, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "Smartcar/4.0", ...headers },
        body,
        dispatcher: this.#dispatcher(),
        signal: AbortSignal.any([abort.signal, this.#stopping.signal]),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, text: text.slice(0, MAX_ANSWER_BYTES), error: null };
    } catch (thrown) {
      return {
        status: null,
        text: "",
        error: abort.signal.aborted ? "TIMEOUT" : (systemCode(thrown) ?? toError(thrown).name),
      };
    } finally {
      limit.cancel();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#agent?.destroy();
  }

  /** Made on first use. Its own time limits are off: only the injected clock decides. */
  #dispatcher(): Agent {
    this.#agent ??= new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 8 });
    return this.#agent;
  }
}

import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { type JsonValue, parseJson } from "../lib/json.ts";
import type { Admission } from "../vehicle/admission.ts";
import type { CallError } from "../vehicle/call-error.ts";
import type { TokenSource } from "./auth.ts";
import type { ApiRequest } from "./endpoints.ts";
import type { ErrorBody } from "./error-body.ts";
import { answerError, bodyError, smartcarError } from "./errors.ts";
import type { HttpAnswer, HttpClient } from "./http.ts";

/**
 * Makes calls to the vehicle and management APIs: with a token, after the bucket allowed it, and once more with a new
 * token after a 401. Tells the bucket when Smartcar limits the whole application.
 */
export class Caller {
  readonly #http: HttpClient;
  readonly #tokens: TokenSource;
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #random: Random;
  #limitsInRow = 0;
  #limitedUntil = 0;

  constructor(http: HttpClient, tokens: TokenSource, admission: Admission, clock: Clock, random: Random) {
    this.#http = http;
    this.#tokens = tokens;
    this.#admission = admission;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * The answer to a call, whatever its status. A 401 says that nothing was done, so even a command may be sent again,
   * unless the new token took until after `notAfter` (epoch milliseconds).
   * @throws CallError when there is no token, no admission, or no complete answer.
   */
  async answer(request: ApiRequest, signal?: AbortSignal, notAfter = Number.POSITIVE_INFINITY): Promise<HttpAnswer> {
    const token = await this.#token(signal);
    const answer = await this.#send(request, token, signal);
    if (answer.status !== 401) return answer;
    this.#tokens.invalidate(token);
    const another = await this.#token(signal);
    return this.#clock.now() > notAfter ? answer : this.#send(request, another, signal);
  }

  /**
   * What `read` makes of the body of a successful call.
   * @throws CallError for every other status, and `SC_MALFORMED` for a body that `read` answers with null.
   */
  async json<T>(request: ApiRequest, read: (json: JsonValue) => T | null, signal?: AbortSignal): Promise<T> {
    const answer = await this.answer(request, signal);
    if (answer.status < 200 || answer.status > 299) throw this.refusal(answer);
    const json = parseJson(answer.text);
    const result = json === undefined ? null : read(json);
    if (result === null) throw malformed(answer, "Smartcar's answer has not the form it should have");
    return result;
  }

  /** The error that an answer stands for; `body` where an error object was already found in it. */
  refusal(answer: HttpAnswer, body?: ErrorBody): CallError {
    const now = this.#clock.now();
    const context = { now, random: this.#random, limitsInRow: this.#limitsInRow + 1 };
    const error = body === undefined ? answerError(answer, context) : bodyError(body, answer, context);
    if (error.code === "SC_RATE_LIMITED" && error.scope === "application") this.#pause(error.retryAt ?? now, now);
    return error;
  }

  /** A token, unless the one who asks gives up before: the login belongs to all, so it goes on without them. */
  #token(signal: AbortSignal | undefined): Promise<string> {
    const token = this.#tokens.get();
    if (signal === undefined) return token;
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(smartcarError("SC_ABORTED", "not asked: the program stops", { sent: false }));
      if (signal.aborted) giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      token.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
    });
  }

  async #send(request: ApiRequest, token: string, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    this.#admission.take();
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const answer = await this.#http.send({ ...request, headers, signal });
    if (answer.status < 300) this.#limitsInRow = 0;
    return answer;
  }

  /** Calls under way together are refused together: that counts once. */
  #pause(until: number, now: number): void {
    if (now >= this.#limitedUntil) this.#limitsInRow++;
    this.#limitedUntil = Math.max(this.#limitedUntil, until);
    this.#admission.pause(until);
  }
}

/** An answer that claims success and cannot be read. */
export function malformed(answer: HttpAnswer, what: string): CallError {
  return smartcarError("SC_MALFORMED", what, { status: answer.status, requestId: answer.requestId });
}

/** MQTT 5 reason of a DISCONNECT: another client connected with our client id. */
const SESSION_TAKEN_OVER = 142;

/**
 * Tells a second client with our client id from a broker that comes and goes. Two clients sharing an id throw each
 * other out, so each of them loses a session that it has only just got, again and again, and never fails to connect.
 */
export class TakeoverWatch {
  readonly #quickMs: number;
  readonly #limit: number;
  #losses = 0;

  constructor(quickMs: number, limit: number) {
    this.#quickMs = quickMs;
    this.#limit = limit;
  }

  /** An attempt that brought no session: the broker is away or refuses us, so nobody took anything over. */
  failed(): void {
    this.#losses = 0;
  }

  /** A session ended after `lastedMs`. True when that was one time too often. */
  lost(lastedMs: number, reasonCode: number | null): boolean {
    const quick = lastedMs < this.#quickMs;
    if (!quick) this.#losses = 0;
    if (quick || reasonCode === SESSION_TAKEN_OVER) this.#losses++;
    return this.#losses >= this.#limit;
  }
}

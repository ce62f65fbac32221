/** One written line, with the instant it tells of. */
interface Line {
  readonly at: number;
  readonly text: string;
  readonly bytes: number;
}

/** Lines in the order of their writing, never more bytes than allowed. */
export class Tape {
  readonly #maxBytes: number;
  #lines: Line[] = [];
  #bytes = 0;
  #leftOut = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get entries(): number {
    return this.#lines.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Lines that did not fit, or had to make room. */
  get leftOut(): number {
    return this.#leftOut;
  }

  get firstAt(): number | null {
    return this.#lines[0]?.at ?? null;
  }

  /** Adds a line if it fits; whether it did. */
  add(at: number, text: string): boolean {
    const line = { at, text, bytes: Buffer.byteLength(text) + 1 };
    if (this.#bytes + line.bytes > this.#maxBytes) {
      this.#leftOut++;
      return false;
    }
    this.#lines.push(line);
    this.#bytes += line.bytes;
    return true;
  }

  /** Adds a line and lets the oldest go as far as it needs their room. */
  roll(at: number, text: string): void {
    const bytes = Buffer.byteLength(text) + 1;
    let surplus = 0;
    for (let free = this.#maxBytes - this.#bytes; free < bytes && surplus < this.#lines.length; surplus++) {
      free += this.#lines[surplus]?.bytes ?? 0;
    }
    this.#drop(surplus);
    this.#leftOut += surplus;
    this.add(at, text);
  }

  /** Lets go what is older; that is no loss. */
  forget(before: number): void {
    const first = this.#lines.findIndex(({ at }) => at >= before);
    this.#drop(first < 0 ? this.#lines.length : first);
  }

  text(): string {
    return this.#lines.map(({ text }) => `${text}\n`).join("");
  }

  #drop(count: number): void {
    for (const { bytes } of this.#lines.splice(0, count)) this.#bytes -= bytes;
  }
}

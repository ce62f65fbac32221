/** The newest things of an endless row. */
export class Ring<T> {
  readonly #limit: number;
  readonly #items: T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#limit) this.#items.shift();
  }

  /** Newest first. */
  list(): T[] {
    return this.#items.toReversed();
  }
}

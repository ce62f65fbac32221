export interface Figures {
  readonly mean: number;
  readonly p95: number;
}

/** Counts whole minutes, so that months can be looked at one by one and together. */
export class Histogram {
  readonly #counts: number[] = [];
  #total = 0;
  #sum = 0;

  add(value: number, times = 1): void {
    this.#counts[value] = (this.#counts[value] ?? 0) + times;
    this.#total += times;
    this.#sum += value * times;
  }

  merge(other: Histogram): void {
    other.#counts.forEach((times, value) => {
      this.add(value, times);
    });
  }

  /** Mean and 95th percentile, not rounded; NaN and 0 of nothing. */
  figures(): Figures {
    let left = Math.floor(this.#total * 0.95);
    let p95 = 0;
    // Holes are skipped; `some` stops at the value that the percentile falls on.
    this.#counts.some((times, value) => {
      p95 = value;
      left -= times;
      return left < 0;
    });
    return { mean: this.#sum / this.#total, p95 };
  }
}

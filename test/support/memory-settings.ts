/** Stands for the table of settings: what is read is never what was written, but its JSON. */
export class MemorySettings {
  readonly #rows = new Map<string, string>();

  read<T>(key: string): T | undefined {
    const row = this.#rows.get(key);
    return row === undefined ? undefined : (JSON.parse(row) as T);
  }

  write(key: string, value: unknown): void {
    this.#rows.set(key, JSON.stringify(value));
  }
}

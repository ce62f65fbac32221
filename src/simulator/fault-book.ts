import type { Fault } from "./fault.ts";

const MAX_FAULTS = 200;

interface Entry {
  readonly id: string;
  readonly fault: Fault;
  readonly pattern: RegExp;
  toSkip: number;
  left: number;
}

/** The faults waiting for their requests. The oldest matching one strikes, one to a request. */
export class FaultBook {
  readonly #entries: Entry[] = [];
  #nextNumber = 1;

  /** @returns the fault's id, or undefined when too many wait already. */
  add(fault: Fault): string | undefined {
    if (this.#entries.length >= MAX_FAULTS) return undefined;
    const id = `fault-${this.#nextNumber++}`;
    const left = fault.times ?? Number.POSITIVE_INFINITY;
    this.#entries.push({ id, fault, pattern: patternOf(fault.path), toSkip: fault.skip, left });
    return id;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  list(): { id: string; fault: Fault; left: number | null }[] {
    return this.#entries.map(({ id, fault, left }) => ({ id, fault, left: Number.isFinite(left) ? left : null }));
  }

  /** The fault that strikes this request, used up by one. */
  take(method: string, path: string): Fault | undefined {
    const entry = this.#entries.find(
      ({ fault, pattern }) => (fault.method === undefined || fault.method === method) && pattern.test(path),
    );
    if (entry === undefined) return undefined;
    if (entry.toSkip > 0) {
      entry.toSkip--;
      return undefined;
    }
    entry.left--;
    if (entry.left <= 0) this.#entries.splice(this.#entries.indexOf(entry), 1);
    return entry.fault;
  }
}

function patternOf(glob: string): RegExp {
  const source = glob
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^/]*" : RegExp.escape(part)))
    .join("");
  return new RegExp(`^${source}$`);
}

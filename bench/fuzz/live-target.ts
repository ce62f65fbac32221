import type { Target } from "./target.ts";
export class LiveTarget implements Target {
  readonly name = "live";
  readonly weight = 0;
  async run(): Promise<void> {}
  show(): string { return ""; }
  async renew(): Promise<void> {}
  async close(): Promise<void> {}
}

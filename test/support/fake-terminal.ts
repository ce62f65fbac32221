import { EventEmitter } from "node:events";
import type { Terminal } from "../../src/cli/command.ts";
import { FakeClock } from "./fake-clock.ts";

/** A terminal that keeps what is written to it, and whose process gets signals from the test. */
export class FakeTerminal implements Terminal {
  readonly env: Record<string, string | undefined>;
  readonly cwd = "/nowhere";
  readonly version = "1.2.3";
  readonly clock = new FakeClock();
  readonly random = () => 0.5;
  readonly interactive = false;
  readonly process = new EventEmitter();
  /** Exit codes the process was ended with at once. */
  readonly abandoned: number[] = [];
  stdout = "";
  stderr = "";

  constructor(env: Record<string, string | undefined> = {}) {
    this.env = env;
  }

  readonly out = (text: string): void => {
    this.stdout += text;
  };
  readonly err = (text: string): void => {
    this.stderr += text;
  };
  readonly abandon = (exitCode: number): void => {
    this.abandoned.push(exitCode);
  };
}

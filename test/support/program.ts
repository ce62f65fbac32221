import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isObject, parseJson } from "../../src/lib/json.ts";
import { freePort } from "./free-port.ts";
import { PATIENCE_MS } from "./patience.ts";

const SOURCES = new URL("../../src/main.ts", import.meta.url).pathname;
/** What `npm run build` makes, as users run it. */
export const COMPILED = new URL("../../dist/main.js", import.meta.url).pathname;

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real program in a process of its own, with what a test may do to it. */
export interface Program {
  readonly pid: number;
  readonly privateUrl: string;
  readonly publicUrl: string;
  readonly webhookUrl: string;
  readonly dataDir: string;
  readonly lines: readonly LogLine[];
  /** Lines that are no log: usage, or the one line of a failed start. */
  readonly said: readonly string[];
  /** Everything printed so far, raw. */
  output(): string;
  /** Resolves with the first line, past or coming, that fits. */
  line(fits: (line: LogLine) => boolean, limitMs?: number): Promise<LogLine>;
  /** Resolves with what the pattern finds in everything printed, log or not. */
  printed(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  readonly exit: Promise<Exit>;
  /** Ends it, orderly if possible, and removes its data unless it was given. */
  close(): Promise<Exit>;
}

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Kept by whoever gave it; otherwise a folder of its own, removed at the end. */
  readonly dataDir?: string;
  readonly args?: readonly string[];
  /** The program's file; otherwise it runs from its sources. */
  readonly main?: string;
  /** Options for Node.js itself. */
  readonly nodeArgs?: readonly string[];
  /** Ports to listen on, as for a restart; otherwise free ones. */
  readonly ports?: { readonly private: number; readonly public: number };
  /** Resolve at once instead of when it listens: for programs that are to fail. */
  readonly dontWait?: boolean;
  /** How long its start may take, in milliseconds; more than the usual for a fleet of cars. */
  readonly startLimitMs?: number;
}

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const ports = options.ports ?? { private: await freePort(), public: await freePort() };
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "smartcar2mqtt-e2e-"));
  const child = spawn(
    process.execPath,
    [...(options.nodeArgs ?? []), options.main ?? SOURCES, ...(options.args ?? ["start"])],
    {
      cwd: dataDir,
      env: {
        PATH: process.env["PATH"] ?? "",
        HTTP_PORT: String(ports.private),
        HTTP_PUBLIC_PORT: String(ports.public),
        DATA_DIR: dataDir,
        LOG_LEVEL: "debug",
        LOG_FORMAT: "json",
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const program = new RunningProgram(child, ports, dataDir, options.dataDir === undefined);
  if (options.dontWait !== true) {
    await Promise.race([
      program.line(({ msg }) => msg === "started", options.startLimitMs),
      program.exit.then(({ code }) => {
        throw new Error(`the program ended with ${code} before it was started:\n${program.output()}`);
      }),
    ]);
  }
  return program;
}

class RunningProgram implements Program {
  readonly pid: number;
  readonly privateUrl: string;
  readonly publicUrl: string;
  readonly webhookUrl: string;
  readonly dataDir: string;
  readonly lines: LogLine[] = [];
  readonly said: string[] = [];
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #ownsData: boolean;
  readonly #waiting = new Set<() => void>();
  #raw = "";

  constructor(child: ChildProcess, ports: { private: number; public: number }, dataDir: string, ownsData: boolean) {
    this.#child = child;
    this.#ownsData = ownsData;
    this.pid = child.pid ?? -1;
    this.privateUrl = `http://127.0.0.1:${ports.private}`;
    this.publicUrl = `http://127.0.0.1:${ports.public}`;
    this.webhookUrl = `${this.publicUrl}/webhooks/smartcar`;
    this.dataDir = dataDir;
    this.exit = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal }));
      child.once("error", (error) => {
        this.#take(error.message);
        resolve({ code: null, signal: null });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (text) => this.#take(text));
    }
  }

  output(): string {
    return this.#raw;
  }

  line(fits: (line: LogLine) => boolean, limitMs = PATIENCE_MS): Promise<LogLine> {
    return this.#wait("no such line", () => this.lines.find(fits), limitMs);
  }

  printed(pattern: RegExp, limitMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return this.#wait(`nothing like ${pattern}`, () => pattern.exec(this.#raw) ?? undefined, limitMs);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async close(): Promise<Exit> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    const exit = await this.exit;
    if (this.#ownsData) rmSync(this.dataDir, { recursive: true, force: true });
    return exit;
  }

  #wait<T>(missing: string, find: () => T | undefined, limitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`${missing} within ${limitMs} ms; the program said:\n${this.#raw}`));
      }, limitMs);
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(limit);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  #take(text: string): void {
    this.#raw += `${text}\n`;
    const parsed = parseJson(text);
    if (isObject(parsed) && "msg" in parsed) this.lines.push(parsed as unknown as LogLine);
    else if (text !== "") this.said.push(text);
    for (const look of [...this.#waiting]) look();
  }
}

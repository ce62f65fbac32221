import { type ChildProcess, spawn } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { Aedes, type AedesOptions } from "aedes";
import { freePort } from "./free-port.ts";
import { atHand, installed } from "./installed.ts";
import { PATIENCE_MS } from "./patience.ts";

export interface TestBroker {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface AedesTransport {
  /** Certificate and key make it `wss`. */
  readonly webSocket?: { readonly cert: Buffer; readonly key: Buffer } | "plain";
}

export interface AedesBroker extends TestBroker {
  readonly aedes: Aedes;
  /** Cuts every connection and goes on listening. */
  dropClients(): void;
}

/** An in-process broker (MQTT 3.1.1 only) on a free loopback port. */
export async function startAedes(options: AedesOptions = {}, { webSocket }: AedesTransport = {}): Promise<AedesBroker> {
  const aedes = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const server =
    webSocket === undefined ? createServer((socket) => aedes.handle(socket)) : webSocketServer(aedes, webSocket);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const port = await listen(server);
  const dropClients = () => {
    for (const socket of sockets) socket.destroy();
  };
  const scheme = webSocket === undefined ? "mqtt" : webSocket === "plain" ? "ws" : "wss";
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    aedes,
    dropClients,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropClients();
      await closed;
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}

interface WebSockets {
  readonly WebSocketServer: new (options: {
    server: Server;
  }) => { on(event: "connection", run: (socket: object) => void): void };
  createWebSocketStream(socket: object): Duplex;
}

function webSocketServer(aedes: Aedes, transport: NonNullable<AedesTransport["webSocket"]>): Server {
  // The library that MQTT.js itself uses; it is no dependency of ours.
  const { WebSocketServer, createWebSocketStream } = createRequire(import.meta.resolve("mqtt"))("ws") as WebSockets;
  const server = transport === "plain" ? createHttpServer() : createHttpsServer(transport);
  new WebSocketServer({ server }).on("connection", (socket) => {
    const stream = createWebSocketStream(socket);
    stream.on("error", () => undefined);
    aedes.handle(stream);
  });
  return server;
}

export interface MosquittoOptions {
  /** Further lines of the configuration file. `{dir}` stands for the broker's own directory. */
  readonly config?: readonly string[];
  /** Files put into that directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines of its access list. */
  readonly acl?: readonly string[];
  readonly users?: Readonly<Record<string, string>>;
  /** Scheme of its address, `mqtts` with TLS lines in `config`. */
  readonly scheme?: "mqtt" | "mqtts";
  /** Keep what is retained over restarts, unless told otherwise there. */
  readonly persistent?: boolean;
  /** The port of an earlier one. */
  readonly port?: number;
}

export interface MosquittoBroker extends TestBroker {
  readonly dir: string;
  /** Ends the process and starts it again on the same port; `empty` loses what was retained. */
  restart(options?: { empty?: boolean }): Promise<void>;
  /** Ends the process and keeps the port and directory for `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  log(): string;
  /** Resolves once the log holds it; whatever a client hears of the broker may come sooner. */
  logged(pattern: RegExp): Promise<void>;
}

const MOSQUITTO = installed(["mosquitto"], ["/usr/sbin", "/usr/local/sbin"]);

/** Is a real broker at hand? */
export function hasMosquitto(): boolean {
  return atHand(MOSQUITTO, "mosquitto", "the tests against a real broker");
}

/** A real Mosquitto on a free loopback port with a directory of its own. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<MosquittoBroker> {
  if (MOSQUITTO === undefined) throw new Error("mosquitto is not installed");
  const program = MOSQUITTO;
  const dir = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const port = options.port ?? (await freePort());
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(dir, name), text);
  writeFileSync(join(dir, "mosquitto.conf"), configuration(options, dir, port));
  let output = "";
  const looks = new Set<() => void>();
  let child: ChildProcess | undefined;

  const run = async () => {
    const started = spawn(program, ["-v", "-c", join(dir, "mosquitto.conf")], { stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-100_000);
        output = (output + chunk.toString()).slice(-100_000);
        if (/mosquitto version \S+ running/.test(said)) resolve();
        for (const look of [...looks]) look();
      };
      started.stdout.on("data", onData);
      started.stderr.on("data", onData);
      started.once("error", reject);
      started.once("exit", (code) => reject(new Error(`mosquitto ended with ${code}: ${output}`)));
    });
  };
  const halt = async () => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, "exit");
    running.kill("SIGTERM");
    await exited;
  };
  try {
    await run();
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `${options.scheme ?? "mqtt"}://127.0.0.1:${port}`,
    port,
    dir,
    log: () => output,
    logged: (pattern) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          looks.delete(look);
          reject(new Error(`nothing like ${pattern} in mosquitto's log:\n${output}`));
        }, PATIENCE_MS);
        const look = () => {
          if (!pattern.test(output)) return;
          clearTimeout(limit);
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    pause: halt,
    resume: run,
    async restart({ empty = false } = {}) {
      await halt();
      if (empty) rmSync(join(dir, "mosquitto.db"), { force: true });
      await run();
    },
    async stop() {
      await halt();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration(options: MosquittoOptions, dir: string, port: number): string {
  const lines = [`listener ${port} 127.0.0.1`];
  // As root it would change to a user that may not read this directory.
  if (process.getuid?.() === 0) lines.unshift("user root");
  if (options.users === undefined) lines.push("allow_anonymous true");
  else {
    writeFileSync(join(dir, "passwd"), `${Object.entries(options.users).map(hashed).join("\n")}\n`, { mode: 0o600 });
    lines.push("allow_anonymous false", "password_file {dir}/passwd");
  }
  if (options.acl !== undefined) {
    writeFileSync(join(dir, "acl"), `${options.acl.join("\n")}\n`, { mode: 0o600 });
    lines.push("acl_file {dir}/acl");
  }
  if (options.persistent) lines.push("persistence true", "persistence_location {dir}/", "autosave_interval 1");
  lines.push(...(options.config ?? []));
  return `${lines.join("\n").replaceAll("{dir}", dir)}\n`;
}

/** A line of Mosquitto's password file (PBKDF2, its format 7). */
function hashed([user, password]: [string, string]): string {
  const iterations = 101;
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, iterations, 64, "sha512");
  return `${user}:$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const FILE = new URL(import.meta.url).pathname;

/** What ingest is measured against: a Node server that checks the HMAC and nothing else, in a process of its own. */
export interface BareServer {
  readonly url: string;
  readonly pid: number;
  stop(): void;
}

export async function startBareServer(key: string): Promise<BareServer> {
  const child: ChildProcess = spawn(process.execPath, [FILE, key], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("the bare server has no output");
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { url: `http://127.0.0.1:${port}/`, pid: child.pid ?? -1, stop: () => void child.kill() };
}

function serve(key: string): void {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const expected = createHmac("sha256", key).update(Buffer.concat(chunks)).digest("hex");
      const given = Buffer.from(String(incoming.headers["sc-signature"] ?? ""));
      const isRight = given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
      outgoing.writeHead(isRight ? 200 : 401).end();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
  });
  process.on("SIGTERM", () => process.exit(0));
}

if (process.argv[1] === FILE) serve(process.argv[2] ?? "");

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

/** What ingest is measured against: a Node server that checks the HMAC and nothing else. Prints its port. */
const key = process.argv[2] ?? "";
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

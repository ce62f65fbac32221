import { connect, type Socket } from "node:net";

/** Somebody who speaks HTTP by hand, as slowly and wrongly as a test wants. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything that came so far. */
  received(): string;
  /** Resolves with what came when the other side has closed, and how long the connection lasted. */
  readonly closed: Promise<{ readonly text: string; readonly ms: number }>;
  /** Resolves when what came fits. */
  until(fits: (text: string) => boolean): Promise<string>;
}

/** Connects and sends a text. Resolves once connected; refused or cut connections count as closed. */
export function rawClient(url: string, text = ""): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const startedAt = performance.now();
  let received = "";
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of [...waiting]) check();
  };
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    look();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<{ text: string; ms: number }>((resolve) => {
    socket.once("close", () => {
      resolve({ text: received, ms: performance.now() - startedAt });
      look();
    });
  });
  const client: RawClient = {
    socket,
    received: () => received,
    closed,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const done = fits(received);
          if (!done && !socket.destroyed) return;
          waiting.delete(check);
          if (done) resolve(received);
          else reject(new Error(`the connection ended with ${JSON.stringify(received.slice(0, 500))}`));
        };
        waiting.add(check);
        check();
      }),
  };
  return new Promise((resolve) => {
    const ready = () => {
      if (!socket.destroyed && text !== "") socket.write(text, "latin1");
      resolve(client);
    };
    socket.once("connect", ready);
    socket.once("close", ready);
  });
}

/** Status codes of all answers in what came, in order. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

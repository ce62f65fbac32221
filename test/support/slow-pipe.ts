import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between a client and a port of this machine that can stop carrying anything, without closing. */
export interface SlowPipe {
  readonly port: number;
  /** Carries nothing from client to server any more; what the client sends piles up on its side. */
  stall(): void;
  flow(): void;
  stop(): Promise<void>;
}

export async function slowPipe(targetPort: number): Promise<SlowPipe> {
  const clients = new Set<Socket>();
  let stalled = false;
  const server = createServer({ highWaterMark: 4_096 }, (client) => {
    const target = connect(targetPort, "127.0.0.1");
    clients.add(client);
    client.on("data", (chunk) => target.write(chunk));
    if (stalled) client.pause();
    target.pipe(client);
    for (const socket of [client, target]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        clients.delete(client);
        client.destroy();
        target.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stall() {
      stalled = true;
      for (const client of clients) client.pause();
    },
    flow() {
      stalled = false;
      for (const client of clients) client.resume();
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}

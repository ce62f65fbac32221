import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_LISTENER_LIMITS, hardenedFastify } from "../../../src/http/listener.ts";

const MOST = 5;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function crowded(prepare: (app: FastifyInstance) => void = () => undefined) {
  const app = hardenedFastify({ ...DEFAULT_LISTENER_LIMITS, connections: MOST });
  app.get("/", (_request, reply) => reply.send("here"));
  prepare(app);
  await app.listen({ host: "127.0.0.1", port: 0 });
  cleanups.push(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const come = async (text = ""): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    cleanups.push(() => socket.destroy());
    await once(socket, "connect");
    socket.resume();
    if (text !== "") socket.write(text);
    return socket;
  };
  return { app, come };
}

const GET = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

describe("a listener with more connections than it has room for", () => {
  it("cuts the one that has been silent longest, not the newest", async () => {
    const { come } = await crowded();
    const silent: Socket[] = [];
    for (let i = 0; i < MOST; i++) silent.push(await come());
    const firstGone = once(silent[0] as Socket, "close");
    const guest = await come();
    const answer = once(guest, "data");
    guest.write(GET);
    expect(String((await answer)[0])).toContain("200 OK");
    await firstGone;
    expect(silent.slice(1).every(({ destroyed }) => !destroyed)).toBe(true);
  });

  it("cuts half a request before one that is being answered", async () => {
    let finish: () => void = () => undefined;
    let arrived: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { come } = await crowded((app) => {
      app.get("/slow", async () => {
        arrived();
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return "done";
      });
    });
    const asking = await come("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
    await isAsked;
    const halves: Socket[] = [];
    for (let i = 1; i < MOST; i++) {
      halves.push(await come("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{"));
    }
    const gone = once(halves[0] as Socket, "close");
    await come();
    await gone;
    const answer = once(asking, "data");
    finish();
    expect(String((await answer)[0])).toContain("done");
  });

  it("counts a connection once however much it asks, and forgets it when it goes", async () => {
    const { come } = await crowded();
    const busy = await come();
    for (let i = 0; i < 3 * MOST; i++) {
      const answer = once(busy, "data");
      busy.write(GET);
      await answer;
    }
    for (let i = 0; i < 3 * MOST; i++) {
      const guest = await come();
      const answer = once(guest, "data");
      guest.write(GET);
      expect(String((await answer)[0])).toContain("200 OK");
      const closed = once(guest, "close");
      guest.end();
      await closed;
    }
    expect(busy.destroyed).toBe(false);
  });
});

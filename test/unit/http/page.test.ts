import fastify from "fastify";
import { beforeAll, describe, expect, it } from "vitest";
import { ensurePage } from "../../../scripts/page.mjs";
import { registerPage } from "../../../src/http/page.ts";

describe("the page's files", () => {
  beforeAll(() => ensurePage());

  it("come compressed, typed, and only when they changed", async () => {
    const app = fastify();
    registerPage(app);
    const page = await app.inject({ url: "/", headers: { "accept-encoding": "gzip, br" } });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-encoding": "br",
      "cache-control": "no-cache",
    });
    const etag = String(page.headers.etag);
    const again = await app.inject({ url: "/", headers: { "if-none-match": etag } });
    expect(again.statusCode).toBe(304);

    const plain = (await app.inject("/")).body;
    const addresses = [...plain.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      expect(address, "relative, so that it works under a sub-path").toMatch(/^\.\/assets\//);
      const asset = await app.inject({ url: address.slice(1), headers: { "accept-encoding": "gzip" } });
      expect(asset.statusCode).toBe(200);
      expect(asset.headers["cache-control"]).toContain("immutable");
      expect(asset.headers["content-encoding"]).toBe("gzip");
    }
    await app.close();
  });
});

import { readFileSync } from "node:fs";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

/** What the page's build leaves beside its files; see scripts/page.mjs. */
const Manifest = z.array(
  z.object({ path: z.string(), file: z.string(), type: z.string(), etag: z.string(), immutable: z.boolean() }),
);

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly etag: string;
  readonly immutable: boolean;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

/** Beside the compiled program, and where a checkout that runs from its sources has it. */
const FOLDERS = [new URL("../page/", import.meta.url), new URL("../../dist/page/", import.meta.url)];

/** Serves the built page from memory. Without a built page its address says how to build it. */
export function registerPage(app: FastifyInstance): void {
  const assets = loadPage();
  for (const asset of assets) app.get(asset.path, (request, reply) => serve(asset, request, reply));
  if (assets.length > 0) return;
  app.get("/", (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .send("<!doctype html><title>smartcar2mqtt</title><p>The page is not built: run <code>npm run build</code>."),
  );
}

function loadPage(): Asset[] {
  for (const folder of FOLDERS) {
    const read = (name: string) => readFileSync(new URL(name, folder));
    let text: string;
    try {
      text = read("manifest.json").toString("utf8");
    } catch {
      continue;
    }
    return Manifest.parse(JSON.parse(text)).map(({ file, ...asset }) => ({
      ...asset,
      plain: read(file),
      gzip: read(`${file}.gz`),
      brotli: read(`${file}.br`),
    }));
  }
  return [];
}

function serve(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { type, etag, immutable, plain, gzip, brotli } = asset;
  void reply.headers({
    "content-type": type,
    "cache-control": immutable ? "public, max-age=31536000, immutable" : "no-cache",
    etag: `"${etag}"`,
    vary: "accept-encoding",
  });
  // A page shown with 401 asks for the password; it must not be taken for unchanged afterwards.
  if (reply.statusCode === 200 && request.headers["if-none-match"]?.includes(etag)) return reply.code(304).send();
  const accepted = String(request.headers["accept-encoding"] ?? "");
  if (/\bbr\b/.test(accepted)) return reply.header("content-encoding", "br").send(brotli);
  if (/\bgzip\b/.test(accepted)) return reply.header("content-encoding", "gzip").send(gzip);
  return reply.send(plain);
}

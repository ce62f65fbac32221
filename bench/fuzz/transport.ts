import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

/** What can happen to the bytes of a document on the way. The first leaves them alone. */
export const TRANSPORTS: readonly ((body: Buffer, number: number) => Buffer)[] = [
  (body) => body,
  (body) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
  (body, number) => body.subarray(0, number % (body.length + 1)),
  (body, number) => body.subarray(number % (body.length + 1)),
  (body) => gzipSync(body, { level: 1 }),
  (body) => deflateSync(body),
  (body) => brotliCompressSync(body.subarray(0, 2_000)),
  (body) => Buffer.from(body.toString("utf8"), "utf16le"),
  (body) => Buffer.concat([body, body]),
  (body) => Buffer.concat([body, Buffer.from("\n\n  ")]),
  (body) => Buffer.concat([body, Buffer.from([0])]),
  () => Buffer.alloc(0),
  (_body, number) => Buffer.from([number & 0xff]),
  (body, number) => flipped(body, number),
  (body, number) => inserted(body, number),
];

function flipped(body: Buffer, number: number): Buffer {
  const copy = Buffer.from(body);
  if (copy.length > 0) copy[number % copy.length] = (copy[number % copy.length] ?? 0) ^ (1 << (number % 8));
  return copy;
}

/** Bytes that are no UTF-8. */
function inserted(body: Buffer, number: number): Buffer {
  const at = number % (body.length + 1);
  return Buffer.concat([body.subarray(0, at), Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]), body.subarray(at)]);
}

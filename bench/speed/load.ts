import { Agent, request } from "undici";

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

export interface Post {
  readonly body: Buffer;
  readonly signature: string;
}

/** Posts everything over so many keep-alive connections, as quickly as it is answered. */
export async function postAll(url: string, posts: readonly Post[], connections: number): Promise<LoadResult> {
  const agent = new Agent({ connections, pipelining: 1 });
  const latencies: number[] = [];
  let failures = 0;
  let next = 0;
  const startedAt = performance.now();
  const worker = async () => {
    for (let post = posts[next++]; post !== undefined; post = posts[next++]) {
      const sentAt = performance.now();
      const status = await send(agent, url, post);
      latencies.push(performance.now() - sentAt);
      if (status !== 200) failures++;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - startedAt) / 1_000;
  await agent.close();
  return {
    perSecond: Math.round(posts.length / seconds),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    failures,
  };
}

/** Posts one delivery. @throws when it is not taken. */
export async function postOne(agent: Agent, url: string, post: Post): Promise<void> {
  const status = await send(agent, url, post);
  if (status !== 200) throw new Error(`answered ${status}`);
}

async function send(agent: Agent, url: string, { body, signature }: Post): Promise<number> {
  const response = await request(url, {
    method: "POST",
    dispatcher: agent,
    headers: { "content-type": "application/json", "sc-signature": signature },
    body,
  });
  await response.body.dump();
  return response.statusCode;
}

/** A quantile of numbers, to a hundredth. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return Math.round(value * 100) / 100;
}

import { type Clock, withTimeout } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";

const LIMIT_MS = seconds(3);

/** Where the running bridge listens on this machine; null for a port that is picked at its start. */
export interface DaemonPlace {
  readonly metricsUrl: string | null;
  /** The webhook's address on the public port. */
  readonly webhookUrl: string | null;
}

/** What a running bridge counted at its webhook since it started. */
export interface WebhookCounts {
  readonly accepted: number;
  readonly refused: number;
  /** Why most were refused. */
  readonly cause: string | null;
  /** VERIFY requests answered. */
  readonly verified: number;
}

/** What the running bridge counted; null when none answers there. */
export async function webhookCounts({ metricsUrl }: DaemonPlace, clock: Clock): Promise<WebhookCounts | null> {
  const text = metricsUrl === null ? null : await ask(metricsUrl, clock);
  if (text === null || !text.body.includes("smartcar2mqtt_build_info")) return null;
  const samples = [...text.body.matchAll(/^(smartcar2mqtt_webhook_\w+_total)\{\w+="([^"]*)"\} (\S+)$/gm)].map(
    ([, name = "", label = "", value = "0"]) => ({ name, label, value: Number(value) }),
  );
  const stored = samples.filter(({ name, label }) => name.includes("deliveries") && label !== "failed");
  const refused = samples.filter(({ name, value }) => name.includes("refused") && value > 0);
  const sum = (all: readonly { readonly value: number }[]) => all.reduce((total, { value }) => total + value, 0);
  const most = refused.toSorted((a, b) => b.value - a.value)[0];
  const verified = samples.filter(({ name, label }) => name.includes("verifications") && label === "answered");
  return { accepted: sum(stored), refused: sum(refused), cause: most?.label ?? null, verified: sum(verified) };
}

/** What the public port of this machine says, in words: a plain GET is answered 405. */
export async function publicPortAnswer({ webhookUrl }: DaemonPlace, clock: Clock): Promise<string | null> {
  if (webhookUrl === null) return null;
  const answer = await ask(webhookUrl, clock);
  if (answer === null) return "no bridge answers on the public port of this machine";
  if (answer.status === 405) return "the public port of this machine answers as it should";
  return `something else than the bridge answers on the public port of this machine (${answer.status} in place of 405)`;
}

async function ask(url: string, clock: Clock): Promise<{ readonly status: number; readonly body: string } | null> {
  const abort = new AbortController();
  const work = async () => {
    const response = await fetch(url, { redirect: "manual", signal: abort.signal });
    return { status: response.status, body: await response.text() };
  };
  try {
    return await withTimeout(clock, LIMIT_MS, work(), () => new Error("too late"));
  } catch {
    abort.abort();
    return null;
  }
}

import type { Bench } from "./e2e-bench.ts";

export interface Readiness {
  readonly status: number;
  readonly parts: Record<string, { ok: boolean; detail: string | null }>;
}

/** What `/readyz` says. */
export async function readiness({ program }: Bench): Promise<Readiness> {
  const response = await fetch(`${program.privateUrl}/readyz`);
  const { parts } = (await response.json()) as Pick<Readiness, "parts">;
  return { status: response.status, parts };
}

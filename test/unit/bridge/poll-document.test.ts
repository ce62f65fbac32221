import { describe, expect, it } from "vitest";
import { pollDocument } from "../../../src/bridge/poll-document.ts";
import { hours } from "../../../src/lib/duration.ts";
import { CAR, T0 } from "../../support/observations.ts";

describe("polling document", () => {
  it("tells the plan, what is left, and how long that lasts", () => {
    const document = pollDocument({
      vehicleId: CAR,
      settings: { mode: "auto", chargingMs: 900_000, idleMs: hours(6) },
      next: { dueAt: T0 + hours(6) + 0.4, intervalMs: hours(6), reason: "idle" },
      lastPollAt: T0,
      budget: { used: 380, remaining: 120, forPolling: 70, budget: 500, resetsAt: Date.UTC(2026, 11, 1) },
      forecast: { lastsUntil: Date.UTC(2026, 10, 25), text: "lasts until the 25th" },
    });
    expect(document).toEqual({
      mode: "auto",
      reason: "idle",
      interval_s: 21_600,
      next_poll_at: "2026-11-21T18:00:00.000Z",
      last_poll_at: "2026-11-21T12:00:00.000Z",
      calls_used: 380,
      calls_remaining: 120,
      budget: 500,
      resets_at: "2026-12-01T00:00:00.000Z",
      lasts_until: "2026-11-25T00:00:00.000Z",
      forecast: "lasts until the 25th",
    });
  });
});

import { minutes } from "../lib/duration.ts";
import type { JsonValue } from "../lib/json.ts";
import { type Allowance, COMMANDS, type CommandSpec } from "./catalogue.ts";
import type { ExecutionError } from "./execution.ts";
import type { CommandRequest } from "./request.ts";

export interface GuardFacts {
  readonly now: number;
  readonly allow: ReadonlySet<Allowance>;
  readonly maxAgeMs: number;
  /** Whether the car has answered that it cannot do this variant. */
  readonly incapable: (variant: string) => boolean;
}

export type Verdict =
  | { readonly accepted: true; readonly spec: CommandSpec; readonly value: JsonValue }
  | { readonly accepted: false; readonly value: JsonValue; readonly error: ExecutionError };

/** A caller's clock may run this far ahead of ours before its `at` is called wrong. */
const CLOCK_SKEW_MS = minutes(5);

/** Decides whether a request may reach the car at all. Pure; what it refuses costs no call. */
export function judge(request: CommandRequest, facts: GuardFacts): Verdict {
  const spec = COMMANDS[request.command];
  const refuse = (code: string, message: string, action: string | null = null): Verdict => ({
    accepted: false,
    value: request.value,
    error: { type: "REJECTED", code, message, action },
  });
  if (request.retained) {
    return refuse(
      "RETAINED",
      "a retained message is never carried out: it would run again at every restart",
      "publish commands without the retain flag",
    );
  }
  if (request.unreadable !== null) return refuse("BAD_VALUE", request.unreadable, `send ${spec.expects}`);
  if (request.vehicle === null)
    return refuse("UNKNOWN_VEHICLE", "no vehicle has this topic name", "take one of the names in bridge/info");
  const value = spec.parse(request.value);
  if (value === undefined) return refuse("BAD_VALUE", `expected ${spec.expects}`, `send ${spec.expects}`);
  const allowance = spec.allowance(value);
  if (!facts.allow.has(allowance)) {
    return refuse("NOT_ALLOWED", `${allowance} is not allowed`, `add ${allowance} to commands.allow`);
  }
  const late = tooOld(request, facts.now, facts.maxAgeMs);
  if (late !== null) return { accepted: false, value, error: late };
  const { permissions, connected } = request.vehicle;
  if (!connected) return refuse("NOT_CONNECTED", "the vehicle is no longer connected to Smartcar", "connect it again");
  // An empty list is an answer without permissions, not an owner without trust: let Smartcar decide.
  if (spec.permission !== null && permissions.length > 0 && !permissions.includes(spec.permission)) {
    return refuse(
      "NO_PERMISSION",
      `the owner has not granted ${spec.permission}`,
      `connect the vehicle again and grant ${spec.permission}`,
    );
  }
  if (facts.incapable(spec.variant(value)))
    return refuse("NOT_CAPABLE", "the vehicle answered before that it cannot do this");
  return { accepted: true, spec, value };
}

/** What tells how long a request may wait. */
type Timing = Pick<CommandRequest, "requestedAt" | "receivedAt" | "expiresAt">;

/** The last instant at which a request may be sent (epoch milliseconds). */
export function lapsesAt({ requestedAt, receivedAt, expiresAt }: Timing, maxAgeMs: number): number {
  // A sender whose clock is ahead gains no time by it.
  const agedAt = Math.min(requestedAt, receivedAt) + maxAgeMs;
  return expiresAt === null ? agedAt : Math.min(agedAt, expiresAt - 1);
}

/** Why a request is too old to be carried out at `now`; null while it is not. Asked again right before sending. */
export function tooOld(request: Timing, now: number, maxAgeMs: number): ExecutionError | null {
  const error = (message: string): ExecutionError => ({ type: "REJECTED", code: "TOO_OLD", message, action: null });
  if (request.expiresAt !== null && now >= request.expiresAt)
    return error("the message expired before it could be sent");
  if (now > lapsesAt(request, maxAgeMs)) return error("it was given too long ago (commands.max_age)");
  if (request.requestedAt - now > CLOCK_SKEW_MS)
    return error("its time `at` lies in the future: check the sender's clock");
  return null;
}

import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import { factTime } from "../vehicle/signal.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { type Allowance, COMMANDS } from "./catalogue.ts";
import type { CommandRunner } from "./runner.ts";
import type { IncapabilityStore } from "./runner-options.ts";

const LOCK_SIGNAL = "closure-islocked" as SignalCode;

/** Whether a command variant can be used, link by link; null where nothing has been learnt yet. */
export interface CommandCapability {
  readonly car: boolean | null;
  readonly granted: boolean | null;
  readonly allowed: boolean;
}

/** Every variant of every command, with a value that stands for it. */
export const VARIANTS = [
  { command: "lock", value: "LOCK" },
  { command: "lock", value: "UNLOCK" },
  { command: "charging", value: true },
  { command: "charging", value: false },
  { command: "charge_limit", value: 80 },
  { command: "charge_port", value: "OPEN" },
  { command: "charge_port", value: "CLOSE" },
  { command: "destination", value: { latitude: 0, longitude: 0 } },
  { command: "charge_schedule", value: { type: "daily" } },
  { command: "charge_schedule", value: { type: "weekly" } },
  { command: "charge_schedule", value: { type: "workweek" } },
  { command: "charge_schedule", value: { delete: "id" } },
  { command: "refresh", value: "PRESS" },
] as const;

/** What the rest of the bridge shows of commands. */
export class CommandViews {
  readonly #runner: Pick<CommandRunner, "current">;
  readonly #incapabilities: Pick<IncapabilityStore, "has">;
  readonly #allow: ReadonlySet<Allowance>;

  constructor(
    runner: Pick<CommandRunner, "current">,
    incapabilities: Pick<IncapabilityStore, "has">,
    allow: ReadonlySet<Allowance>,
  ) {
    this.#runner = runner;
    this.#incapabilities = incapabilities;
    this.#allow = allow;
  }

  /**
   * The word the lock shows while a command of ours is the newest thing known: `LOCKING` while it runs, `LOCKED` after it
   * succeeded and until the car speaks for itself. null when the car's own word counts.
   */
  lockEcho(id: VehicleId, state: VehicleState): string | null {
    const execution = this.#runner.current(id, "lock");
    if (execution === undefined || execution.sentAt === null) return null;
    const locking = execution.value === "LOCK";
    if (execution.state === "sent") return locking ? "LOCKING" : "UNLOCKING";
    if (execution.state !== "succeeded" || execution.confirmed) return null;
    const held = state.signals.get(LOCK_SIGNAL)?.value;
    // That Smartcar looked again after the command says nothing while the maker's own word is from before it.
    const saidAt = held === null || held === undefined ? 0 : (factTime(held) ?? held.receivedAt);
    return saidAt >= execution.sentAt ? null : locking ? "LOCKED" : "UNLOCKED";
  }

  capabilities(vehicle: Vehicle): Readonly<Record<string, CommandCapability>> {
    return Object.fromEntries(
      VARIANTS.map(({ command, value }) => {
        const spec = COMMANDS[command];
        const variant = spec.variant(value);
        return [
          variant,
          {
            car: this.#incapabilities.has(vehicle.id, variant) ? false : null,
            granted: isGranted(vehicle, spec.permission),
            allowed: this.#allow.has(spec.allowance(value)),
          },
        ];
      }),
    );
  }

  /** Names under which a car's commands are announced: what configuration, grant and car do not rule out. */
  available(vehicle: Vehicle): ReadonlySet<Allowance> {
    const capabilities = this.capabilities(vehicle);
    const names = VARIANTS.filter(({ command, value }) => {
      const capability = capabilities[COMMANDS[command].variant(value)];
      return capability?.allowed === true && capability.granted !== false && capability.car !== false;
    });
    return new Set(names.map(({ command, value }) => COMMANDS[command].allowance(value)));
  }
}

function isGranted({ permissions }: Vehicle, permission: string | null): boolean | null {
  if (permission === null) return true;
  return permissions.length === 0 ? null : permissions.includes(permission);
}

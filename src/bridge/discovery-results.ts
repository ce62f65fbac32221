import type { Draft } from "./discovery-component.ts";
import { RESULT_EVENT } from "./discovery-templates.ts";
import type { Topics } from "./topics.ts";

/** What a result may say: every status, and that the car has shown the effect. */
export const RESULT_EVENTS = ["succeeded", "confirmed", "failed", "rejected", "superseded", "unknown"] as const;

/** Commands that have an entity to give them, and what has to be available for it. */
const RESULTS = [
  { command: "lock", label: "Lock command", needs: ["lock", "unlock"] },
  { command: "charging", label: "Charging command", needs: ["charging"] },
  { command: "charge_limit", label: "Charge limit command", needs: ["charge_limit"] },
  { command: "charge_port", label: "Charge port command", needs: ["charge_port"] },
  { command: "refresh", label: "Refresh command", needs: ["refresh"] },
] as const;

/**
 * Beside each entity that sends a command, an event that tells what came of it: a lock or a button cannot say why nothing
 * happened. They speak when the car is unavailable, too, for that is when commands are refused.
 */
export function resultDrafts(available: ReadonlySet<string>, topics: Topics, vehicle: string): readonly Draft[] {
  return RESULTS.filter(({ needs }) => needs.some((name) => available.has(name))).map(({ command, label }) => ({
    key: `${command}_result`,
    platform: "event",
    label,
    options: {
      availability: [{ topic: topics.bridgeState }],
      state_topic: topics.commandResult(vehicle, command),
      value_template: RESULT_EVENT,
      event_types: RESULT_EVENTS,
      icon: "mdi:message-reply-text-outline",
      entity_category: "diagnostic",
    },
  }));
}

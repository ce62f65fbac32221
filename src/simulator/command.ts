import type { ChargeSchedule } from "./schedule.ts";

/** What a car is told to do. */
export type Command =
  | { readonly kind: "charge-start" }
  | { readonly kind: "charge-stop" }
  | { readonly kind: "charge-set-limit"; readonly percent: number }
  | { readonly kind: "charge-port-open" }
  | { readonly kind: "charge-port-close" }
  | { readonly kind: "security-lock" }
  | { readonly kind: "security-unlock" }
  | { readonly kind: "navigation-set-destination"; readonly latitude: number; readonly longitude: number }
  | { readonly kind: "schedule-create"; readonly schedule: ChargeSchedule }
  | { readonly kind: "schedule-delete"; readonly scheduleId: string };

/** What a car can be told; a car lacking one answers VEHICLE_NOT_CAPABLE. */
export const CAPABILITIES = [
  "charge",
  "charge_limit",
  "charge_port",
  "security",
  "navigation",
  "schedule_daily",
  "schedule_weekly",
  "schedule_workweek",
] as const;

export type Capability = (typeof CAPABILITIES)[number];

import { type SignalCode, type UserId, userId, type VehicleId } from "../vehicle/ids.ts";
import { readVehicleId } from "./connection.ts";
import { codesOf } from "./signal-code.ts";
import { SubscriptionItem, WebhookItem } from "./wire.ts";

/** A webhook of the application, as the dashboard made it. It does not say whether it is verified. */
export interface WebhookInfo {
  readonly id: string;
  readonly name: string | null;
  readonly callbackUri: string | null;
  readonly errorCallbackUri: string | null;
  readonly isEnabled: boolean | null;
  readonly autoSubscribe: boolean | null;
  /** Signals whose change causes a delivery. */
  readonly triggers: readonly SignalCode[];
  /** Signals that every delivery carries. */
  readonly signals: readonly SignalCode[];
}

/** That a car's signals go to a webhook. */
export interface SubscriptionInfo {
  readonly id: string;
  readonly webhookId: string | null;
  readonly vehicleId: VehicleId | null;
  readonly userId: UserId | null;
}

/** Reads one entry of the webhook list; null when it has no id or attributes. */
export function readWebhook(item: unknown): WebhookInfo | null {
  const parsed = WebhookItem.safeParse(item);
  if (!parsed.success) return null;
  const { id, attributes } = parsed.data;
  const { name, callbackUri, errorCallbackUri, isEnabled, autoSubscribe } = attributes;
  return {
    id,
    name,
    callbackUri,
    errorCallbackUri,
    isEnabled,
    autoSubscribe,
    triggers: codesOf(attributes.triggers),
    signals: codesOf(attributes.data),
  };
}

/** Reads one entry of the subscription list; null when it has no id. */
export function readSubscription(item: unknown): SubscriptionInfo | null {
  const parsed = SubscriptionItem.safeParse(item);
  if (!parsed.success) return null;
  const { id, relationships } = parsed.data;
  const user = relationships?.user?.data?.id;
  return {
    id,
    webhookId: relationships?.webhook?.data?.id ?? null,
    vehicleId: readVehicleId(relationships?.vehicle?.data?.id),
    userId: user === undefined ? null : userId(user),
  };
}

import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { JsonObject } from "../../lib/json.ts";
import type { Call } from "../call.ts";
import type { Exchange } from "../exchange.ts";
import type { Garage } from "../garage.ts";
import type { Guard } from "../guard.ts";
import { pageOf } from "../paging.ts";
import { refuse } from "../refusal.ts";
import { chosenSignals, type SignalChoice, type Webhook } from "../webhook.ts";
import type { Subscription, WebhookBook } from "../webhook-book.ts";

const WEBHOOK_PAGES = { defaultSize: 50, maxSize: 100 };
const SUBSCRIPTION_PAGES = { defaultSize: 25, maxSize: 100 };

const subscriptionAttributes = z.object({ webhookId: z.string(), userId: z.string(), vehicleId: z.string() });

export interface ManagementRoutesOptions {
  readonly exchange: Exchange;
  readonly guard: Guard;
  readonly garage: Garage;
  readonly book: WebhookBook;
  readonly onSubscribed: (subscription: Subscription) => void;
}

/** The management API: webhooks read only (they are made in the dashboard), subscriptions in full. */
export function managementRoutes(app: FastifyInstance, options: ManagementRoutesOptions): void {
  const { exchange, guard, garage, book, onSubscribed } = options;
  const serve = (method: "GET" | "POST" | "DELETE", path: string, handler: Parameters<Guard["api"]>[0]) =>
    exchange.serve(app, method, path, guard.api(handler));

  serve("GET", "/v3/webhooks", (call) => {
    const found = book.webhooks().filter((webhook) => isWantedWebhook(webhook, call));
    const resources = found.map((webhook) => webhookResource(webhook, call));
    return { status: 200, body: pageOf(resources, call.url, WEBHOOK_PAGES) };
  });
  serve("GET", "/v3/webhooks/:webhookId", (call) => {
    const webhook = book.webhook(call.param("webhookId"));
    if (webhook === undefined) throw notFound("WEBHOOK_NOT_FOUND");
    return { status: 200, body: { data: webhookResource(webhook, call) } };
  });
  serve("GET", "/v3/subscriptions", (call) => {
    const found = book.subscriptions().filter((subscription) => isWantedSubscription(subscription, garage, call));
    const resources = found.map((subscription) => subscriptionResource(subscription, garage, call));
    return { status: 200, body: pageOf(resources, call.url, SUBSCRIPTION_PAGES) };
  });
  serve("GET", "/v3/subscriptions/:subscriptionId", (call) => {
    const subscription = book.subscription(call.param("subscriptionId"));
    if (subscription === undefined) throw notFound("SUBSCRIPTION_NOT_FOUND");
    return { status: 200, body: { data: subscriptionResource(subscription, garage, call) } };
  });
  serve("POST", "/v3/subscriptions", (call) => {
    const wanted = subscriptionAttributes.safeParse(call.attributes());
    if (!wanted.success) {
      throw refuse(400, "VALIDATION", "MISSING_PARAMETER", "webhookId, userId and vehicleId are required");
    }
    const { webhookId, userId, vehicleId } = wanted.data;
    if (book.webhook(webhookId) === undefined) throw notFound("WEBHOOK_NOT_FOUND");
    const car = garage.requireConnected(vehicleId);
    if (car.userId !== userId)
      throw refuse(403, "AUTHENTICATION", "ACCESS_DENIED", "The user does not own the vehicle.");
    const subscription = book.subscribe(webhookId, car);
    if (subscription === undefined) throw refuse(409, "CONFLICT", "SUBSCRIPTION_EXISTS", "The subscription exists.");
    onSubscribed(subscription);
    return { status: 202, body: { meta: { message: "The subscription is being created." } } };
  });
  serve("DELETE", "/v3/subscriptions/:subscriptionId", (call) => {
    if (!book.unsubscribe(call.param("subscriptionId"))) throw notFound("SUBSCRIPTION_NOT_FOUND");
    return { status: 204, body: null };
  });
}

function isWantedWebhook(webhook: Webhook, call: Call): boolean {
  const equals = (filter: string, value: string) => {
    const wanted = call.query(`filter[${filter}]`);
    return wanted === null || wanted === value;
  };
  return (
    equals("name", webhook.name) &&
    equals("isEnabled", String(webhook.isEnabled)) &&
    equals("autoSubscribe", String(webhook.autoSubscribe)) &&
    webhook.callbackUrl.includes(call.query("filter[callbackUri]") ?? "")
  );
}

function isWantedSubscription({ userId, webhookId, vehicleId }: Subscription, garage: Garage, call: Call): boolean {
  const mode = garage.get(vehicleId)?.description.mode ?? "live";
  const wanted: [string, string][] = [
    ["userId", userId],
    ["webhookId", webhookId],
    ["vehicleId", vehicleId],
    ["vehicle.mode", mode],
  ];
  return wanted.every(([filter, value]) => (call.query(`filter[${filter}]`) ?? value) === value);
}

function webhookResource(webhook: Webhook, call: Call): JsonObject {
  const listed = (choice: SignalChoice) =>
    chosenSignals(choice).map(({ group, name, code }) => ({ group, name, code }));
  return {
    id: webhook.id,
    type: "webhook",
    attributes: {
      name: webhook.name,
      callbackUri: webhook.callbackUrl,
      errorCallbackUri: webhook.errorCallbackUrl,
      isEnabled: webhook.isEnabled,
      autoSubscribe: webhook.autoSubscribe,
      triggers: listed(webhook.triggers),
      data: listed(webhook.data),
    },
    meta: { createdAt: new Date(webhook.createdAt).toISOString() },
    links: { self: `${call.url.origin}/v3/webhooks/${webhook.id}` },
  };
}

function subscriptionResource(subscription: Subscription, garage: Garage, call: Call): JsonObject {
  const { id, webhookId, userId, vehicleId, createdAt } = subscription;
  const car = garage.get(vehicleId)?.description;
  const at = new Date(createdAt).toISOString();
  return {
    id,
    type: "subscription",
    attributes: {
      vehicle: {
        make: car?.make ?? null,
        model: car?.model ?? null,
        year: car?.year ?? null,
        mode: car?.mode ?? null,
        powertrainType: car?.powertrainType ?? null,
      },
    },
    relationships: {
      webhook: { data: { id: webhookId, type: "webhook" } },
      user: { data: { id: userId, type: "user" } },
      vehicle: { data: { id: vehicleId, type: "vehicle" } },
    },
    meta: { createdAt: at, updatedAt: at },
    links: { self: `${call.url.origin}/v3/subscriptions/${id}` },
  };
}

function notFound(code: string) {
  return refuse(404, "RESOURCE_NOT_FOUND", code, "The resource was not found.");
}

import { ApplicationBucket } from "../../scheduler/bucket.ts";
import { Budget } from "../../scheduler/budget.ts";
import { SmartcarGateway } from "../../smartcar/gateway.ts";
import { type DeliveryRecord, WebhookReceiver } from "../../smartcar/webhook.ts";
import type { Frame } from "../frame.ts";
import { TrafficLog } from "../traffic-log.ts";
import type { Kept } from "./kept.ts";

/** The Smartcar account: calls out and what they may cost, deliveries in. */
export interface Account {
  readonly bucket: ApplicationBucket;
  readonly budget: Budget;
  readonly gateway: SmartcarGateway;
  readonly trafficLog: TrafficLog;
  readonly webhook: WebhookReceiver;
}

export function accountParts(
  frame: Frame,
  { store, intake }: Kept,
  onDelivery: (record: DeliveryRecord) => void,
): Account {
  const { config, clock, random, redactor, events, logOf } = frame;
  const { smartcar, polling } = config;
  const bucket = new ApplicationBucket(clock, store.settings);
  const budget = new Budget(clock, store.ledger, { monthly: polling.monthly_budget, reserve: polling.command_reserve });
  const gateway = new SmartcarGateway({
    clientId: smartcar.client_id,
    clientSecrets: smartcar.client_secret,
    iamUrl: smartcar.iam_url,
    vehicleApiUrl: smartcar.vehicle_api_url,
    managementApiUrl: smartcar.management_api_url,
    mode: smartcar.mode,
    admission: bucket,
    log: logOf("smartcar"),
    clock,
    random,
    redactor,
    onCall: (call, answer) => {
      events.smartcar.emit("called", call);
      events.smartcar.emit("answered", { call, answer });
    },
  });
  const trafficLog = new TrafficLog(clock);
  const webhook = new WebhookReceiver({
    keys: smartcar.management_token,
    intake,
    onAnswered: (record, raw) => {
      trafficLog.delivery(record);
      onDelivery(record);
      events.smartcar.emit("delivered", { record, raw });
    },
    clock,
    log: logOf("webhook"),
  });
  return { bucket, budget, gateway, trafficLog, webhook };
}

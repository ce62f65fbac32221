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
  const bucket = new ApplicationBucket(clock, store.settings);
  const budget = new Budget(clock, store.ledger, frame.budget);
  const gateway = new SmartcarGateway({
    ...frame.account,
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
    keys: config.smartcar.management_token,
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

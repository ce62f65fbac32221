import { webhookLink } from "../doctor/webhook.ts";
import type { Log } from "../lib/log.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { AppEvents } from "./events.ts";

/** Turns what the parts tell into log lines. No part knows about it; nothing here changes anything. */
export function observe(events: AppEvents, log: Log): void {
  const intake = log.child({ part: "intake" });
  events.intake.on("accepted", ({ delivery, acceptance }) => {
    const fields = { event_id: delivery.eventId, type: delivery.eventType, acceptance };
    if (acceptance === "quarantined")
      intake.warn({ ...fields, reason: delivery.unusable ?? "vehicle not known yet" }, "delivery set aside");
    else intake.debug(fields, "delivery taken in");
  });
  events.intake.on("changed", ({ vehicleId, codes, raised, cleared }) => {
    intake.debug({ vehicle: vehicleId, signals: codes.size }, "signals changed");
    for (const { type, code, message } of raised) intake.warn({ vehicle: vehicleId, type, code, message }, "problem");
    for (const { type, code } of cleared) intake.info({ vehicle: vehicleId, type, code }, "problem solved");
  });

  const directory = log.child({ part: "directory" });
  events.directory.on("added", ({ id, topic, name }) => directory.info({ vehicle: id, topic, name }, "vehicle found"));
  events.directory.on("updated", ({ vehicle: { id, topic } }) =>
    directory.info({ vehicle: id, topic }, "vehicle updated"),
  );
  events.directory.on("disconnected", ({ id, topic }) => {
    directory.warn({ vehicle: id, topic }, "vehicle is no longer connected to Smartcar");
  });
  events.directory.on("removed", ({ id, topic }) => directory.info({ vehicle: id, topic }, "vehicle removed"));
  events.directory.on("renamed", ({ vehicle: { id, topic }, oldTopic }) => {
    directory.info({ vehicle: id, topic, old_topic: oldTopic }, "vehicle has another topic now");
  });
  events.directory.on("listed", (fields) => directory.debug(fields, "connections listed"));
  events.directory.on("failed", (error) => directory.warn(failure(error), "connections could not be listed"));

  const subscriber = log.child({ part: "webhook" });
  let told = "";
  events.subscriber.on("checked", ({ verdict }) => {
    const { status, detail, fix } = webhookLink(verdict);
    if (detail === told) return;
    told = detail;
    if (status === "failed") subscriber.warn({ detail, fix }, "webhook cannot deliver");
    else subscriber.info({ detail }, "webhook looked at");
  });
  events.subscriber.on("subscribed", ({ id, topic }) => {
    subscriber.info({ vehicle: id, topic }, "vehicle subscribed to the webhook");
  });
  events.subscriber.on("refused", ({ vehicle: { id, topic }, error }) => {
    subscriber.warn({ vehicle: id, topic, ...failure(error) }, "vehicle could not be subscribed to the webhook");
  });

  const poller = log.child({ part: "poller" });
  events.poller.on("polled", ({ vehicleId, kind, news }) =>
    poller.info({ vehicle: vehicleId, kind, news }, "vehicle read"),
  );
  events.poller.on("failed", ({ vehicleId, kind, error }) => {
    poller.warn({ vehicle: vehicleId, kind, ...failure(error) }, "vehicle could not be read");
  });

  const commands = log.child({ part: "commands" });
  events.runner.on("answer", ({ result }) => {
    const { id, command, status, confirmed, error, duration_ms } = result;
    commands.info({ id, command, status, confirmed, code: error?.code, duration_ms }, "command answered");
  });

  const charging = log.child({ part: "charging" });
  events.charging.on("finished", ({ vehicleId, session: { energyKwh, energySource } }) => {
    charging.info({ vehicle: vehicleId, energy_kwh: energyKwh, energy_source: energySource }, "charging session ended");
  });

  const recorder = log.child({ part: "recorder" });
  events.recorder.on("switched", ({ keeps, records }) => {
    recorder.info({ keeps_minutes: keeps, records_minutes: records }, "flight recorder switched");
  });

  const jobs = log.child({ part: "jobs" });
  events.jobs.on("failed", ({ job, error }) => jobs.error({ job, err: error }, "a job failed"));
}

/** A refusal of Smartcar in a line; anything else with its stack. */
function failure(error: Error): object {
  if (!(error instanceof CallError)) return { err: error };
  const { code, status, type, smartcarCode, requestId, hint, retryAt } = error;
  const retry = retryAt === null ? undefined : new Date(retryAt).toISOString();
  return { code, status, type, smartcar_code: smartcarCode, request_id: requestId, hint, retry_at: retry };
}

import type { RunnerEvents } from "../commands/runner-options.ts";
import { toError } from "../lib/errors.ts";
import { Events } from "../lib/events.ts";
import type { Log } from "../lib/log.ts";
import type { RecorderEvents } from "../recorder/recorder.ts";
import type { PollerEvents } from "../scheduler/poller.ts";
import type { CallRecord, HttpAnswer } from "../smartcar/http.ts";
import type { DeliveryRecord } from "../smartcar/webhook.ts";
import type { ChargingEvents } from "../vehicle/charging-log.ts";
import type { DirectoryEvents } from "../vehicle/directory.ts";
import type { IntakeEvents } from "../vehicle/intake.ts";
import type { SubscriberEvents } from "../vehicle/subscriber.ts";

export interface JobEvents {
  failed: { readonly job: string; readonly error: Error };
}

export interface SmartcarEvents {
  /** A call ended, with an answer or without. */
  called: CallRecord;
  /** The same with the answer itself, for those who look into it. */
  answered: { readonly call: CallRecord; readonly answer: HttpAnswer | null };
  /** A request to the webhook was answered; `raw` is what it said, null for a stranger's. */
  delivered: { readonly record: DeliveryRecord; readonly raw: string | null };
}

/** Every event the parts tell of, by part. */
export interface AppEvents {
  readonly intake: Events<IntakeEvents>;
  readonly directory: Events<DirectoryEvents>;
  readonly poller: Events<PollerEvents>;
  readonly subscriber: Events<SubscriberEvents>;
  readonly runner: Events<RunnerEvents>;
  readonly charging: Events<ChargingEvents>;
  readonly jobs: Events<JobEvents>;
  readonly smartcar: Events<SmartcarEvents>;
  readonly recorder: Events<RecorderEvents>;
}

export function createEvents(log: Log): AppEvents {
  const make = <Map extends object>() =>
    new Events<Map>((event, error) => log.error({ event, err: toError(error) }, "a listener failed"));
  return {
    intake: make<IntakeEvents>(),
    directory: make<DirectoryEvents>(),
    poller: make<PollerEvents>(),
    subscriber: make<SubscriberEvents>(),
    runner: make<RunnerEvents>(),
    charging: make<ChargingEvents>(),
    jobs: make<JobEvents>(),
    smartcar: make<SmartcarEvents>(),
    recorder: make<RecorderEvents>(),
  };
}

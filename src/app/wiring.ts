import { chargingDocument } from "../bridge/charging-document.ts";
import type { CommandInbox } from "../bridge/command-inbox.ts";
import { pollDocument } from "../bridge/poll-document.ts";
import type { Topics } from "../bridge/topics.ts";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import { jsonEqual } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import { readEvent } from "../smartcar/events.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import { problemOf } from "../vehicle/problem.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { AppEvents } from "./events.ts";
import type { Shown, ShownOf } from "./parts/shown.ts";

export interface WiredParts extends ShownOf {
  readonly events: AppEvents;
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: Topics;
  readonly shown: Shown;
  readonly inbox: CommandInbox;
}

/** Who listens to whom: one line for each thing that follows from another. */
export function wire(parts: WiredParts): void {
  const { events, clock, log, topics, kept, broker, cars, orders, shown, inbox } = parts;
  const { intake, charging, store } = kept;
  const { publisher } = broker;
  const { directory, poller, subscriber } = cars;
  const { runner } = orders;
  const { presenter, homeAssistant, bridge } = shown;
  const withVehicle = (id: VehicleId, act: (vehicle: Vehicle) => void) => {
    const vehicle = directory.get(id);
    if (vehicle !== undefined) act(vehicle);
  };

  // The database refused; whatever is wrong there shows at every delivery, and the next report tries again.
  const note = (work: Promise<void>) => {
    work.catch((error: unknown) => log.error({ err: toError(error) }, "a problem could not be noted"));
  };

  // Before the presenter, which shows the energy total; by itself, so that its failure keeps nothing else back.
  events.intake.on("changed", (change) => charging.observe(change));
  events.intake.on("changed", (change) => {
    presenter.onChange(change);
    runner.observe(change.vehicleId);
    if (change.cleared.length > 0) poller.release(change.vehicleId);
    poller.heard(change.vehicleId, change.previous, change.state);
  });
  events.intake.on("unknownVehicle", (id) => {
    if (!directory.isIgnored(id)) directory.refreshSoon();
  });

  events.directory.on("added", (vehicle) => {
    presenter.present(vehicle);
    poller.replan(vehicle.id);
    subscriber.checkSoon();
    bridge.refresh();
    bridge.tell({ event_type: "vehicle_added", id: vehicle.id, topic: vehicle.topic, name: vehicle.name });
  });
  events.directory.on("updated", ({ vehicle, previous }) => {
    // What the car could not do then it may do with what was granted now.
    if (!jsonEqual(vehicle.permissions, previous.permissions)) store.incapabilities.clear(vehicle.id);
    presenter.refresh(vehicle);
    // A new consent: whatever kept us from reading may be gone.
    if (vehicle.userId !== previous.userId || vehicle.connected !== previous.connected) poller.release(vehicle.id);
    poller.replan(vehicle.id);
    bridge.refresh();
  });
  events.directory.on("disconnected", (vehicle) => {
    presenter.refresh(vehicle);
    bridge.refresh();
    bridge.tell({ event_type: "vehicle_disconnected", id: vehicle.id, topic: vehicle.topic, name: vehicle.name });
  });

  events.directory.on("removed", (vehicle) => {
    homeAssistant.withdrawCar(vehicle.id);
    presenter.withdraw(vehicle.id, vehicle.topic);
    intake.forget(vehicle.id);
    charging.forget(vehicle.id);
    bridge.refresh();
    bridge.tell({ event_type: "vehicle_removed", id: vehicle.id, topic: vehicle.topic, name: vehicle.name });
  });
  events.directory.on("failed", () => bridge.refresh());
  events.directory.on("renamed", ({ vehicle, oldTopic }) => presenter.withdraw(vehicle.id, oldTopic));

  // By now every vehicle that still exists is known, so what else was announced is left over.
  events.directory.on("listed", () => {
    homeAssistant.withdrawOrphans();
    // Every time, since the program may have ended right after a vehicle was found.
    for (const { id } of directory.list()) readmitQuarantined(parts, id);
    subscriber.ready();
  });

  events.subscriber.on("checked", () => {
    for (const vehicle of directory.list()) presenter.refresh(vehicle);
    bridge.refresh();
  });

  events.poller.on("planned", (view) => {
    withVehicle(view.vehicleId, ({ topic }) =>
      publisher.retain(topics.polling(topic), JSON.stringify(pollDocument(view))),
    );
  });

  events.charging.on("finished", ({ vehicleId, session }) => {
    withVehicle(vehicleId, ({ topic }) =>
      publisher.emit(topics.event(topic), JSON.stringify(chargingDocument(session))),
    );
  });

  events.runner.on("answer", (answer) => inbox.answer(answer));
  events.runner.on("moved", ({ vehicleId }) => {
    withVehicle(vehicleId, (vehicle) => presenter.refresh(vehicle));
    poller.replan(vehicleId);
  });
  events.runner.on("obeyed", ({ vehicleId }) => note(intake.clear(vehicleId, "command", clock.now())));
  events.runner.on("refused", ({ vehicleId, error }) => {
    poller.heed(vehicleId, error);
    const report = problemOf(error, clock.now());
    if (report !== null) note(intake.report(vehicleId, "command", report));
  });
  events.runner.on("incapable", ({ vehicleId }) => withVehicle(vehicleId, (vehicle) => presenter.refresh(vehicle)));

  homeAssistant.announceBridge();
}

/** Deliveries that came before their vehicle was known are read once more: they were answered 200, so they count. */
function readmitQuarantined({ events, kept: { intake, store } }: WiredParts, id: VehicleId): void {
  for (const { eventId, body, receivedAt } of store.states.quarantined(id)) {
    const event = readEvent(Buffer.from(body), receivedAt);
    if (event.kind !== "vehicle") continue;
    intake
      .readmit(event.batch, eventId)
      .catch((error: unknown) => events.jobs.emit("failed", { job: "quarantine", error: toError(error) }));
  }
}

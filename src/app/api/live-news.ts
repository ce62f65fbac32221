import type { LiveEvents } from "../../http/live-events.ts";
import type { ChainView } from "../../http/routes/chain.ts";
import type { VehicleId } from "../../vehicle/ids.ts";
import type { AppEvents } from "../events.ts";
import type { TrafficLog } from "../traffic-log.ts";

/** Tells those who listen what to ask for anew. */
export function liveNews(live: LiveEvents, events: AppEvents, log: TrafficLog): void {
  const car = (id: VehicleId) => live.note("vehicles", `vehicle:${id}`);
  events.intake.on("changed", ({ vehicleId: id }) => car(id));
  events.directory.on("added", ({ id }) => car(id));
  events.directory.on("updated", ({ vehicle }) => car(vehicle.id));
  events.directory.on("disconnected", ({ id }) => car(id));
  events.directory.on("removed", ({ id }) => car(id));
  events.subscriber.on("checked", () => live.note("chain", "vehicles"));
  events.poller.on("planned", ({ vehicleId: id }) => live.note(`vehicle:${id}`, "traffic"));
  events.charging.on("finished", ({ vehicleId: id }) => live.note(`vehicle:${id}`));
  events.runner.on("moved", ({ vehicleId: id }) => live.note("commands", "vehicles", `vehicle:${id}`));
  events.runner.on("answer", () => live.note("commands"));
  events.recorder.on("switched", () => live.note("recording"));
  log.onNews = () => live.note("traffic");
}

/** A look at what nobody tells of: says so when the chain reads differently than before. */
export function chainWatch(chain: ChainView, live: () => LiveEvents): () => void {
  let before = "";
  return () => {
    const now = JSON.stringify(chain.links().map(({ name, status, detail }) => [name, status, detail]));
    if (now !== before) live().note("chain");
    before = now;
  };
}

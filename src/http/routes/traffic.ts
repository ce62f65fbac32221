import type { Endpoints } from "../endpoints.ts";
import { Report, Traffic } from "../schema/traffic.ts";

/** What these routes need of the rest. */
export interface TrafficView {
  traffic(): Traffic;
  /** For an issue: without secrets, ids or places. */
  report(): string;
}

export function trafficRoutes(api: Endpoints, view: TrafficView): void {
  api.get("/api/traffic", { about: "deliveries, calls, polls, budgets and the MQTT session", answer: Traffic }, () =>
    view.traffic(),
  );
  api.get("/api/report", { about: "a redacted report to copy into an issue", answer: Report }, () => ({
    text: view.report(),
  }));
}

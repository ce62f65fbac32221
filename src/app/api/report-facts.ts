import { signalRows } from "../../http/car-view.ts";
import type { Cars } from "../../http/routes/vehicles.ts";
import { scalar } from "../../vehicle/state.ts";
import { report } from "./report.ts";
import { setupOf } from "./setup.ts";
import type { ApiSource } from "./source.ts";
import { trafficOf } from "./traffic.ts";

const MEGABYTE = 1024 * 1024;

/** The redacted report, from what is known now. */
export function reportOf(source: ApiSource, cars: Cars): string {
  const { frame, kept, chain, startedAt } = source;
  const { clock, config, redactor } = frame;
  const known = cars.list();
  const host = (url: string | null | undefined) => URL.parse(url ?? "")?.hostname ?? "";
  return report({
    setup: setupOf(source),
    uptimeS: Math.round((clock.now() - startedAt) / 1_000),
    memoryMb: Math.round(process.memoryUsage.rss() / MEGABYTE),
    links: chain.links(),
    traffic: trafficOf(source, cars),
    cars: known.map((vehicle) => ({ vehicle, signals: signalRows(cars.facts(vehicle)) })),
    clean: (text) => redactor.clean(text),
    names: [
      ...known.map(({ id }) => String(scalar(kept.intake.state(id), "vehicleidentification-vin") ?? "")),
      host(frame.callbackUrl),
      host(config.smartcar.redirect_uri),
      host(config.mqtt.url),
      config.smartcar.application_id ?? "",
    ],
  });
}

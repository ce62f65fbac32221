import type { Traffic } from "../../http/schema/traffic.ts";
import { ago, useNow } from "../format.ts";
import { Tile } from "./tile.tsx";

export function Mqtt({ traffic: { mqtt } }: { traffic: Traffic }) {
  const now = useNow();
  return (
    <section aria-labelledby="mqtt">
      <h2 id="mqtt">MQTT</h2>
      <p>
        <strong class={mqtt.state === "connected" ? "good" : "bad"}>{mqtt.state}</strong> to {mqtt.broker}, since{" "}
        {ago(mqtt.since, now)}. {mqtt.detail ?? ""}
      </p>
      <ul class="tiles">
        <Tile value={mqtt.topics} label="retained topics" />
        <Tile value={mqtt.pending} label="not yet confirmed" kind={mqtt.pending > 0 ? "warn" : ""} />
        <Tile value={mqtt.published} label="published" />
        <Tile value={mqtt.failed} label="failed" kind={mqtt.failed > 0 ? "warn" : ""} />
        <Tile value={mqtt.denied} label="refused by the broker" kind={mqtt.denied > 0 ? "warn" : ""} />
      </ul>
    </section>
  );
}

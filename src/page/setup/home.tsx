import type { Setup } from "../../http/schema/setup.ts";
import { ValueField } from "./value-field.tsx";

/** How things at home hear of the cars; with fields for the broker while it cannot be used. */
export function Home({ setup, broken }: { setup: Setup; broken: boolean }) {
  const { enabled, discovery_prefix } = setup.homeassistant;
  return (
    <>
      {broken && (
        <>
          <ValueField
            name="mqtt.url"
            hint="the broker's address, if it is another"
            example="mqtt://192.168.1.10:1883"
          />
          <ValueField name="mqtt.username" hint="if it asks for one" />
          <ValueField name="mqtt.password" hint="if it asks for one" />
        </>
      )}
      <p class="detail">
        {enabled
          ? `Home Assistant finds the cars by itself below ${discovery_prefix}/ once its MQTT integration uses the same broker.`
          : "Home Assistant is switched off (homeassistant.enabled)."}{" "}
        Everything else listens to {setup.base_topic}/#.
      </p>
    </>
  );
}

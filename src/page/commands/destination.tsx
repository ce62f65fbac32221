import { useState } from "preact/hooks";
import type { Give } from "./give.ts";
import { parsePlace } from "./place.ts";
import { PlaceInput } from "./place-input.tsx";

/** Sends a destination to the car's navigation. */
export function DestinationForm({ give }: { give: Give }) {
  const [text, setText] = useState("");
  const place = parsePlace(text);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (place !== null) give("destination", place);
      }}
    >
      <PlaceInput label="Destination" text={text} onText={setText} here={null} />
      <button type="submit" disabled={place === null}>
        Send to the car
      </button>
    </form>
  );
}

import { isPlace } from "../format.ts";
import { parsePlace } from "./place.ts";

/** Two numbers as people copy them from a map. */
export function PlaceInput({
  label,
  text,
  onText,
  here,
}: {
  label: string;
  text: string;
  onText: (text: string) => void;
  /** Where the car is, as its reading says, to be taken over; anything that is no place is not offered. */
  here: unknown;
}) {
  return (
    <>
      <label class="grow">
        <span>{label} (latitude, longitude)</span>
        <input
          value={text}
          placeholder="48.137, 11.575"
          inputMode="text"
          autocomplete="off"
          aria-invalid={text !== "" && parsePlace(text) === null}
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      </label>
      {isPlace(here) && (
        <button type="button" onClick={() => onText(`${here.latitude}, ${here.longitude}`)}>
          Where the car is
        </button>
      )}
    </>
  );
}

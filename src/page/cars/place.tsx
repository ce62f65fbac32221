import { isPlace, shown } from "../format.ts";

/** A position, with the way to a map. Nothing is asked of the map before somebody follows it. */
export function PlaceLink({ value }: { value: unknown }) {
  if (!isPlace(value)) return null;
  const { latitude, longitude } = value;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {shown(value, null)}
    </a>
  );
}

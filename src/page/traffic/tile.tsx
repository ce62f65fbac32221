/** A number with what it counts. */
export function Tile({ value, label, kind = "" }: { value: number | string; label: string; kind?: string }) {
  return (
    <li class={kind}>
      <strong>{value}</strong>
      <span>{label}</span>
    </li>
  );
}

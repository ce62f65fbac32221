/** Between them lie the instants of this century in seconds and milliseconds. */
const INSTANTS: readonly (readonly [number, number])[] = [
  [1e9, 5e9],
  [1e12, 5e12],
];

/** Too coarse for a place or a telephone number; instants stay. */
export function coarse(value: number): number {
  const size = Math.abs(value);
  if (INSTANTS.some(([from, to]) => size >= from && size < to)) return value;
  return size < 100_000 ? Math.trunc(value) : 0;
}

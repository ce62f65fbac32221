import { useState } from "preact/hooks";
import type { CommandRow, VehicleDetail } from "../../http/schema/vehicles.ts";
import type { Give } from "./give.ts";

export function LimitForm({ row, car, give }: { row: CommandRow | undefined; car: VehicleDetail; give: Give }) {
  const held = car.readings.find(({ name }) => name === "charge_limit")?.value;
  const [limit, setLimit] = useState<number | null>(null);
  const value = limit ?? (typeof held === "number" ? held : 80);
  if (row?.usable !== true) return null;
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        give("charge_limit", value);
      }}
    >
      <label class="grow">
        <span>Charge limit: {value} %</span>
        <input
          type="range"
          min={50}
          max={100}
          step={5}
          value={value}
          onInput={({ currentTarget }) => setLimit(Number(currentTarget.value))}
        />
      </label>
      <button type="submit">Set limit</button>
    </form>
  );
}

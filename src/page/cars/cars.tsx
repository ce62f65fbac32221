import type { VehicleList } from "../../http/schema/vehicles.ts";
import { useResource } from "../api.ts";
import { Waiting } from "../parts.tsx";
import { Card } from "./card.tsx";

export function Cars() {
  const cars = useResource<VehicleList>("api/vehicles", ["vehicles"]);
  return (
    <>
      <h1>Cars</h1>
      {cars.data === null && <Waiting resource={cars} />}
      {cars.data?.vehicles.length === 0 && (
        <p>
          No car yet. <a href="#/setup">Set-up</a> shows what is missing.
        </p>
      )}
      <ul class="cards">
        {cars.data?.vehicles.map((car) => (
          <li key={car.id}>
            <Card car={car} link />
          </li>
        ))}
      </ul>
    </>
  );
}

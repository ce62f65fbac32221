import { useState } from "preact/hooks";
import type { VehicleDetail } from "../../http/schema/vehicles.ts";
import { useResource } from "../api.ts";
import { Commands } from "../commands/commands.tsx";
import { Waiting } from "../parts.tsx";
import { Card } from "./card.tsx";
import { Facts } from "./facts.tsx";
import { Courses } from "./history.tsx";
import { Missing } from "./missing.tsx";
import { Problems } from "./problems.tsx";
import { Readings } from "./readings.tsx";
import { Sessions } from "./sessions.tsx";

/** Everything about one car. `id` is its id or its topic's name. */
export function CarPage({ id }: { id: string }) {
  const path = `api/vehicles/${encodeURIComponent(id)}`;
  const [key, setKey] = useState(`vehicle:${id}`);
  const car = useResource<VehicleDetail>(path, [key]);
  // The address may hold the topic name; news come by id.
  if (car.data !== null && key !== `vehicle:${car.data.id}`) setKey(`vehicle:${car.data.id}`);
  return (
    <>
      <p class="back">
        <a href="#/cars">← All cars</a>
      </p>
      <h1>{car.data?.name ?? id}</h1>
      {car.data === null ? <Waiting resource={car} /> : <Detail car={car.data} path={path} />}
    </>
  );
}

function Detail({ car, path }: { car: VehicleDetail; path: string }) {
  return (
    <>
      <Card car={car} />
      <Problems car={car} />
      <Commands car={car} />
      <Courses path={path} car={car} />
      <Sessions path={path} car={car} />
      <Readings car={car} />
      <Missing signals={car.signals} />
      <Facts car={car} />
    </>
  );
}

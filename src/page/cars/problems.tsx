import type { Setup } from "../../http/schema/setup.ts";
import type { VehicleDetail } from "../../http/schema/vehicles.ts";
import { useResource } from "../api.ts";
import { ago, useNow } from "../format.ts";
import { Help } from "../parts.tsx";
import { Connect } from "../setup/connect.tsx";

/** What stands in the way, in the owner's words, with what mends it. */
export function Problems({ car }: { car: VehicleDetail }) {
  const now = useNow();
  const setup = useResource<Setup>("api/setup", []);
  if (car.problems.length === 0) return null;
  return (
    <section aria-labelledby="problems">
      <h2 id="problems">Problems</h2>
      <ul class="problems">
        {car.problems.map((problem) => (
          <li key={`${problem.type}/${problem.code}`} class="problem">
            <p>{problem.message}</p>
            {problem.action === "REAUTHENTICATE" && setup.data !== null ? (
              <Connect setup={setup.data.connect} reauthenticate={car.id} />
            ) : (
              problem.url !== null && (
                <a class="button primary" href={problem.url} target="_blank" rel="noopener noreferrer">
                  Mend it
                </a>
              )
            )}
            <p class="quiet">
              since {ago(problem.since, now)} · {[problem.type, problem.code].filter(Boolean).join(" ")}
              {problem.help !== null && (
                <>
                  {" · "}
                  <Help about={problem.message} url={problem.help} />
                </>
              )}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

import type { Setup } from "../../http/schema/setup.ts";
import { sentence } from "../format.ts";
import { Mark } from "../parts.tsx";
import { Recogniser } from "./recogniser.tsx";
import { ValueField } from "./value-field.tsx";

/** The four values that people mix up, each with what is wrong with it, and a field for those that are missing. */
export function Credentials({ setup }: { setup: Setup }) {
  return (
    <>
      <h3>The four values from Smartcar's dashboard</h3>
      <ul class="links">
        {setup.boxes.map(({ key, ok, set, detail, fix }) => (
          <li key={key} data-box={key}>
            <Mark status={ok ? "ok" : set ? "failed" : "not_known"} />
            <div>
              <strong>{key}</strong> <span class="detail">{detail}</span>
              {fix !== null && <p class="fix">{sentence(fix)}</p>}
              {!ok && <ValueField name={key} hint="as the dashboard shows it" />}
            </div>
          </li>
        ))}
      </ul>
      <Recogniser />
    </>
  );
}

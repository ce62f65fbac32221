import type { Setup } from "../../http/schema/setup.ts";

/** How the webhook is made in Smartcar's dashboard, and what to tick there. */
export function Webhook({ setup }: { setup: Setup }) {
  const { url, triggers, signals } = setup.webhook;
  return (
    <>
      {url !== null && (
        <p>
          In Smartcar's dashboard, create a webhook with the callback URI <code>{url}</code>, tick what is named below,
          and press Verify there. The bridge subscribes the cars by itself.
        </p>
      )}
      <details class="tool">
        <summary>What to tick in Smartcar's dashboard</summary>
        <p>
          Triggers, that is what makes Smartcar deliver: <em>{triggers.join(", ")}</em>, as far as your plan offers
          them.
        </p>
        <p>Data, that is what each delivery carries: everything that is offered, but not VehicleUserAccount.</p>
        <ul class="signal-groups">
          {signals.map(({ group, names, free }) => (
            <li key={group}>
              <strong>{group}</strong> {free && <span class="chip">also in the free plan</span>}
              <span class="detail"> {names.join(", ")}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

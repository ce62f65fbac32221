import type { Chain, ShownLink } from "../../http/schema/chain.ts";
import type { Setup } from "../../http/schema/setup.ts";
import { type Resource, useResource } from "../api.ts";
import { Waiting } from "../parts.tsx";
import { BasketView, WithBasket } from "./basket.tsx";
import { Connect } from "./connect.tsx";
import { Credentials } from "./credentials.tsx";
import { Home } from "./home.tsx";
import { LookAgain } from "./look-again.tsx";
import { PublicAddress } from "./public-address.tsx";
import { Step } from "./step.tsx";
import { Webhook } from "./webhook.tsx";

/** The links of the chain in the order in which a person sets them up. */
const STEPS = {
  "Smartcar application": ["configuration", "credentials", "token"],
  "Public address": ["public address"],
  "Your car": ["connections", "user ids", "permissions"],
  Webhook: ["webhook key", "webhook", "callback URL", "webhook enabled", "triggers", "signals", "verification"],
  Data: ["subscriptions", "deliveries", "signatures", "readings", "budget"],
  Home: ["broker", "discovery", "disk"],
} as const;
type StepName = keyof typeof STEPS;

/** The doctor, live: every link, and beside those that do not hold what mends them. */
export function SetupPage({ chain }: { chain: Resource<Chain> }) {
  const setup = useResource<Setup>("api/setup", ["setup", "chain"]).data;
  const links = proven(chain.data?.links ?? []);
  const named = new Set<string>(Object.values(STEPS).flat());
  const others = links.filter(({ name }) => !named.has(name));
  return (
    <WithBasket>
      <h1>Set-up</h1>
      {chain.data === null && <Waiting resource={chain} />}
      {links.length > 0 && <Summary links={links} />}
      <LookAgain open={links.some(({ status }) => status !== "ok")} />
      <ol class="steps">
        {(Object.keys(STEPS) as StepName[]).map((title) => (
          <Step
            key={title}
            title={title}
            links={ordered(STEPS[title], links)}
            isUnfinished={title === "Smartcar application" && setup?.boxes.some(({ ok }) => !ok) === true}
          >
            {setup !== null && <Tools step={title} setup={setup} links={links} />}
          </Step>
        ))}
        {others.length > 0 && <Step title="More" links={others} />}
      </ol>
      {setup !== null && <BasketView held={heldBy(setup)} />}
    </WithBasket>
  );
}

function Summary({ links }: { links: readonly ShownLink[] }) {
  const holding = links.filter(({ status }) => status === "ok").length;
  const broken = links.filter(({ status }) => status === "failed");
  return (
    <p class="lead" role="status">
      {broken.length === 0
        ? `Nothing is broken: ${holding} of ${links.length} links hold${holding === links.length ? "" : ", the others are not known yet"}.`
        : `${broken.length} of ${links.length} links ${broken.length === 1 ? "is" : "are"} broken. Begin with “${broken[0]?.name}”.`}
    </p>
  );
}

/** What helps with a step besides its links. */
function Tools({ step, setup, links }: { step: StepName; setup: Setup; links: readonly ShownLink[] }) {
  switch (step) {
    case "Smartcar application":
      return <Credentials setup={setup} />;
    case "Your car":
      return <Connect setup={setup.connect} />;
    case "Public address":
      return <PublicAddress setup={setup} />;
    case "Webhook":
      return <Webhook setup={setup} />;
    case "Home":
      return <Home setup={setup} broken={links.some(({ name, status }) => name === "broker" && status === "failed")} />;
    default:
      return null;
  }
}

function ordered(names: readonly string[], links: readonly ShownLink[]): ShownLink[] {
  return names.flatMap((name) => links.filter((link) => link.name === name));
}

/** From here nobody sees what the internet reaches; but what came from Smartcar has found the way. */
function proven(links: readonly ShownLink[]): readonly ShownLink[] {
  const came = links.some(({ name, status }) => name === "verification" && status === "ok");
  if (!came) return links;
  return links.map((link) =>
    link.name === "public address" && link.status === "not_known"
      ? { ...link, status: "ok" as const, detail: "Smartcar has reached it", fix: null }
      : link,
  );
}

/** What the configuration has by now. A value that looks wrong is still wanted. */
function heldBy(setup: Setup): ReadonlySet<string> {
  const held = setup.boxes.filter(({ ok }) => ok).map(({ key }) => key);
  return new Set([...held, ...(setup.webhook.url === null ? [] : ["http.public_url"])]);
}

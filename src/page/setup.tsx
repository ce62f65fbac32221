import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Chain, ShownLink } from "../http/schema/chain.ts";
import type { Setup } from "../http/schema/setup.ts";
import { post, type Resource, useResource } from "./api.ts";
import { Connect } from "./connect.tsx";
import { asEnvironment, asYaml, recognise } from "./credential.ts";
import { CopyField, Help, Mark, type Status, Waiting } from "./parts.tsx";

interface Step {
  readonly title: string;
  readonly links: readonly string[];
  readonly more?: (setup: Setup) => ComponentChildren;
}

/** The links of the chain in the order in which a person sets them up. */
const STEPS: readonly Step[] = [
  {
    title: "Smartcar application",
    links: ["configuration", "credentials", "token"],
    more: (setup) => <Credentials setup={setup} />,
  },
  {
    title: "Your car",
    links: ["connections", "user ids", "permissions"],
    more: (setup) => <Connect setup={setup.connect} />,
  },
  {
    title: "Webhook",
    links: [
      "webhook key",
      "webhook",
      "callback URL",
      "webhook enabled",
      "triggers",
      "signals",
      "verification",
      "public address",
    ],
    more: (setup) => <Webhook setup={setup} />,
  },
  { title: "Data", links: ["subscriptions", "deliveries", "signatures", "readings", "budget"] },
  { title: "Home", links: ["broker", "discovery", "disk"], more: (setup) => <Home setup={setup} /> },
];

export function SetupPage({ chain }: { chain: Resource<Chain> }) {
  const setup = useResource<Setup>("api/setup", ["setup"]);
  const links = chain.data?.links ?? [];
  const known = new Set(STEPS.flatMap((step) => step.links));
  const steps: Step[] = [...STEPS];
  const others = links.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (others.length > 0) steps.push({ title: "More", links: others });
  const holding = links.filter(({ status }) => status === "ok").length;
  const broken = links.filter(({ status }) => status === "failed");

  return (
    <>
      <h1>Set-up</h1>
      {chain.data === null && <Waiting resource={chain} />}
      {links.length > 0 && (
        <p class="lead" role="status">
          {broken.length === 0
            ? `Nothing is broken: ${holding} of ${links.length} links hold${holding === links.length ? "" : ", the others are not known yet"}.`
            : `${broken.length} of ${links.length} links ${broken.length === 1 ? "is" : "are"} broken. Begin with “${broken[0]?.name}”.`}
        </p>
      )}
      <p>
        <CheckAgain />
      </p>
      <ol class="steps">
        {steps.map((step) => (
          <StepView key={step.title} step={step} links={links} setup={setup.data} />
        ))}
      </ol>
    </>
  );
}

/** Not everything is told by itself: what is done in Smartcar's dashboard has to be looked for. */
function CheckAgain() {
  const [state, setState] = useState<"" | "looking" | "failed">("");
  const check = () => {
    setState("looking");
    post("api/check", {}).then(
      () => setState(""),
      () => setState("failed"),
    );
  };
  return (
    <>
      <button type="button" onClick={check} disabled={state === "looking"}>
        Look again
      </button>{" "}
      <span class="quiet" role="status">
        {state === "looking" ? "Asking Smartcar …" : state === "failed" ? "That did not work." : ""}
      </span>
    </>
  );
}

function StepView({ step, links, setup }: { step: Step; links: readonly ShownLink[]; setup: Setup | null }) {
  const mine = step.links.flatMap((name) => links.filter((link) => link.name === name));
  const status: Status = mine.some((link) => link.status === "failed")
    ? "failed"
    : mine.length > 0 && mine.every((link) => link.status === "ok")
      ? "ok"
      : "not_known";
  // Open where there is something to do, until the reader decides otherwise.
  const [chosen, setChosen] = useState<boolean | null>(null);
  const open = chosen ?? status !== "ok";
  return (
    <li class={`step ${status}`} data-step={step.title} data-status={status}>
      <h2>
        <button type="button" aria-expanded={open} onClick={() => setChosen(!open)}>
          <Mark status={status} />
          {step.title}
        </button>
      </h2>
      {open && (
        <div class="step-body">
          <ul class="links">
            {mine.map((link) => (
              <LinkView key={link.name} link={link} />
            ))}
          </ul>
          {setup !== null && step.more?.(setup)}
        </div>
      )}
    </li>
  );
}

function LinkView({ link }: { link: ShownLink }) {
  return (
    <li data-link={link.name} data-status={link.status}>
      <Mark status={link.status} />
      <div>
        <strong>{link.name}</strong> <span class="detail">{link.detail}</span>
        {link.fix !== null && <p class="fix">{capital(link.fix)}</p>}
        {link.status === "failed" && <Help about={link.name} url={link.help} />}
      </div>
    </li>
  );
}

function capital(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function Credentials({ setup }: { setup: Setup }) {
  return (
    <>
      <h3>The four values from Smartcar's dashboard</h3>
      <ul class="links">
        {setup.boxes.map(({ key, ok, set, detail, fix }) => (
          <li key={key} data-box={key}>
            <Mark status={ok ? "ok" : set ? "failed" : "not_known"} />
            <div>
              <strong>{key}</strong> <span class="detail">{detail}</span>
              {fix !== null && <p class="fix">{capital(fix)}</p>}
            </div>
          </li>
        ))}
      </ul>
      <Recogniser />
    </>
  );
}

const KEYS = [
  "smartcar.client_id",
  "smartcar.client_secret",
  "smartcar.application_id",
  "smartcar.management_token",
  "http.public_url",
];

/** Says which box a value belongs in, and writes the lines for the configuration. */
function Recogniser() {
  const [text, setText] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const [values, setValues] = useState<ReadonlyMap<string, string>>(new Map());
  const found = recognise(text);
  const chosen = key ?? found.key;
  const take = (event: SubmitEvent) => {
    event.preventDefault();
    if (chosen === null) return;
    setValues(new Map(values).set(chosen, text.trim()));
    setText("");
    setKey(null);
  };
  return (
    <details class="tool">
      <summary>Which value belongs where?</summary>
      <p>Paste a value to see which box it belongs in. It stays in this browser: nothing is sent or kept.</p>
      <form class="row" onSubmit={take}>
        <label class="grow">
          <span>Value</span>
          <input
            value={text}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setKey(null);
            }}
          />
        </label>
        <label>
          <span>Box</span>
          <select value={chosen ?? ""} onChange={({ currentTarget }) => setKey(currentTarget.value || null)}>
            <option value="">–</option>
            {KEYS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={chosen === null}>
          Add
        </button>
      </form>
      <p role="status" class="detail">
        {found.says}
      </p>
      {values.size > 0 && (
        <>
          <CopyField label="For .env" text={asEnvironment(values)} rows={values.size + 1} />
          <CopyField label="For config.yaml" text={asYaml(values)} rows={values.size + 3} />
          <p class="quiet">Put them there and start the bridge again; nothing else changes.</p>
        </>
      )}
    </details>
  );
}

function Webhook({ setup }: { setup: Setup }) {
  const { url, path, public_port, triggers, signals } = setup.webhook;
  return (
    <>
      {url === null ? (
        <>
          <p>
            Make port {public_port} of this machine reachable under an HTTPS address (Cloudflare Tunnel, Tailscale
            Funnel or a reverse proxy that leaves the body as it is), and set it as http.public_url. Only {path} and
            /connect/callback are answered there. Without it the bridge works too, by polling.
          </p>
          <CopyField label="For .env" text="HTTP_PUBLIC_URL=https://cars.example.org" />
        </>
      ) : (
        <CopyField label="Callback URI of the webhook" text={url} />
      )}
      {setup.connect.redirect_uri !== null && (
        <CopyField label="Redirect URI of the application (another setting)" text={setup.connect.redirect_uri} />
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
        <p>Then verify it there, and switch auto-subscribe on or leave subscribing to the bridge.</p>
      </details>
    </>
  );
}

function Home({ setup }: { setup: Setup }) {
  const { enabled, discovery_prefix } = setup.homeassistant;
  return (
    <p class="detail">
      {enabled
        ? `Home Assistant finds the cars by itself below ${discovery_prefix}/ once its MQTT integration uses the same broker.`
        : "Home Assistant is switched off (homeassistant.enabled)."}{" "}
      Everything else listens to {setup.base_topic}/#.
    </p>
  );
}

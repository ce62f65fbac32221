import type { Setup } from "../../http/schema/setup.ts";
import { CopyField } from "../parts.tsx";
import { useBasket } from "./basket.tsx";
import { ValueField } from "./value-field.tsx";

const CALLBACK_PATH = "/connect/callback";

/**
 * The address under which Smartcar and owners reach the public port, and what becomes of it. While there is none, it is
 * asked for: what has to be entered in the dashboard is shown before anything is started again.
 */
export function PublicAddress({ setup }: { setup: Setup }) {
  const { path, public_port } = setup.webhook;
  const { values } = useBasket();
  if (setup.webhook.url !== null) {
    return <Addresses callback={setup.webhook.url} redirect={setup.connect.redirect_uri} />;
  }
  const typed = values.get("http.public_url")?.replace(/\/+$/, "") ?? "";
  return (
    <>
      <p>
        Make port {public_port} of this machine reachable under an HTTPS address: with Cloudflare Tunnel, Tailscale
        Funnel, or a reverse proxy that leaves the body as it is. Only {path} and {CALLBACK_PATH} are answered there.
        Without it the bridge works too, by polling.
      </p>
      <ValueField name="http.public_url" hint="the HTTPS address" example="https://cars.example.org" />
      <Addresses
        callback={typed === "" ? null : `${typed}${path}`}
        redirect={typed === "" ? setup.connect.redirect_uri : `${typed}${CALLBACK_PATH}`}
      />
    </>
  );
}

function Addresses({ callback, redirect }: { callback: string | null; redirect: string | null }) {
  return (
    <>
      {redirect !== null && <CopyField label="Redirect URI of the application" text={redirect} />}
      {callback !== null && <CopyField label="Callback URI of the webhook (another setting)" text={callback} />}
    </>
  );
}

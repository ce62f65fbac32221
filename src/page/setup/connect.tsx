import { useEffect, useState } from "preact/hooks";
import type { ConnectLink, Setup } from "../../http/schema/setup.ts";
import { post } from "../api.ts";
import { until, useNow } from "../format.ts";
import { CopyField } from "../parts.tsx";

/** Makes as Connect knows them. */
const MAKES =
  "Acura, Alfa Romeo, Audi, BMW, Buick, BYD, Cadillac, Chevrolet, Chrysler, Citroen, Cupra, Dacia, Dodge, DS, Fiat, Ford, GMC, Honda, Hyundai, Infiniti, Jaguar, Jeep, Kia, Land Rover, Lexus, Lincoln, Mazda, Mercedes-Benz, MG, Mini, Nissan, Opel, Peugeot, Polestar, Porsche, Ram, Renault, Rivian, Skoda, Subaru, Tesla, Toyota, Vauxhall, Volkswagen, Volvo".split(
    ", ",
  );
const COUNTRIES =
  "AT Austria, BE Belgium, CA Canada, CH Switzerland, CZ Czechia, DE Germany, DK Denmark, ES Spain, FI Finland, FR France, GB United Kingdom, IE Ireland, IT Italy, LU Luxembourg, NL Netherlands, NO Norway, PL Poland, PT Portugal, SE Sweden, US United States".split(
    ", ",
  );

/** Makes a link for the car's owner: to press here, or to scan with the phone that holds the maker's app. */
export function Connect({ setup, reauthenticate }: { setup: Setup["connect"]; reauthenticate?: string }) {
  const [link, setLink] = useState<ConnectLink | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [make, setMake] = useState("");
  const [country, setCountry] = useState("");
  if (!setup.possible) return <p class="fix">{setup.fix}</p>;

  const create = async (event: SubmitEvent) => {
    event.preventDefault();
    const order =
      reauthenticate === undefined
        ? { ...(make === "" ? {} : { make }), ...(country === "" ? {} : { country }) }
        : { reauthenticate };
    try {
      setLink(await post<ConnectLink>("api/connect-link", order));
      setError(null);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };

  return (
    <div class="connect">
      <form class="row" onSubmit={(event) => void create(event)}>
        {reauthenticate === undefined && (
          <>
            <label>
              <span>Make</span>
              <select value={make} onChange={({ currentTarget }) => setMake(currentTarget.value)}>
                <option value="">chosen by the owner</option>
                {MAKES.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            </label>
            <label>
              <span>Country</span>
              <select value={country} onChange={({ currentTarget }) => setCountry(currentTarget.value)}>
                <option value="">chosen by the owner</option>
                {COUNTRIES.map((each) => (
                  <option key={each} value={each.slice(0, 2)}>
                    {each.slice(3)}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        <button type="submit" class="primary">
          {reauthenticate === undefined ? "Connect a car" : "Sign in again"}
        </button>
      </form>
      <p class="error" role="alert">
        {error ?? ""}
      </p>
      {link !== null && <LinkToFollow link={link} />}
    </div>
  );
}

function LinkToFollow({ link }: { link: ConnectLink }) {
  const now = useNow();
  return (
    <div class="link-to-follow">
      <QrCode text={link.url} />
      <div>
        <p>
          <a class="button primary" href={link.url} target="_blank" rel="noopener noreferrer">
            Open Smartcar Connect
          </a>
        </p>
        <p>or scan it with the phone that holds the maker's app.</p>
        <CopyField label="Link for the owner" text={link.url} />
        <p class="quiet">Works once; it expires {until(link.expires_at, now)}.</p>
      </div>
    </div>
  );
}

function QrCode({ text }: { text: string }) {
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>([]);
  useEffect(() => {
    let wanted = true;
    // Fetched when the first code is wanted: most visits want none.
    import("./qr.ts").then(
      ({ qrRows }) => wanted && setRows(qrRows(text)),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [text]);
  if (rows.length === 0) return <div class="qr" />;
  const margin = 4;
  const size = rows.length + 2 * margin;
  const d = rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + margin} ${y + margin}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code of the link"
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={d} fill="#000" />
    </svg>
  );
}

import { createHash } from "node:crypto";
import { type Clock, sleep } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { escapeHtml } from "../lib/html.ts";
import type { PublicAnswer, PublicPage } from "./public-server.ts";

/** Where Connect sends the owner's browser back to. */
export const CALLBACK_PATH = "/connect/callback";

export interface ConnectedCar {
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  readonly connected: boolean;
}

export interface ConnectCallbackOptions {
  /** What a link was made for; null when it is none of ours. Uses it up. */
  readonly redeem: (state: string | null) => { readonly reauthenticate: string | null } | null;
  readonly cars: () => readonly ConnectedCar[];
  /** Lists the connections now. */
  readonly refresh: () => Promise<void>;
  /** Lists them before long, as politely as anything else that asks for it. */
  readonly refreshSoon: () => void;
  readonly clock: Clock;
}

/** A new connection can take a moment to appear. */
const LOOKS = [0, seconds(1), seconds(2)];

/** The page an owner sees after Connect: which cars came, or why none did. Trusts nothing in its address. */
export class ConnectCallback implements PublicPage {
  readonly path = CALLBACK_PATH;
  readonly #options: ConnectCallbackOptions;

  constructor(options: ConnectCallbackOptions) {
    this.#options = options;
  }

  async get(query: URLSearchParams): Promise<PublicAnswer> {
    const { redeem, refreshSoon } = this.#options;
    const purpose = redeem(query.get("state"));
    if (purpose === null) {
      refreshSoon();
      return page(400, "This link was not made here, or was used before", [
        "Nothing was changed by this visit. If you have just connected a car with another link, it appears within a minute or two.",
        "Otherwise open the Set-up page of smartcar2mqtt and press Connect once more: a link works once, for 15 minutes.",
      ]);
    }
    const error = query.get("error");
    if (error !== null) return refused(error, query);
    if (purpose.reauthenticate !== null) return await this.#signedIn(purpose.reauthenticate);
    return await this.#arrived(query.get("user_id") ?? query.get("userId"));
  }

  async #arrived(userId: string | null): Promise<PublicAnswer> {
    const { cars } = this.#options;
    const before = new Set(connectedIds(cars()));
    const news = () => cars().filter(({ id, connected }) => connected && !before.has(id));
    const theirs = () => cars().filter((car) => car.connected && car.userId === userId);
    await this.#look(() => news().length > 0 || theirs().length > 0);
    const arrived = news().length > 0 ? news() : theirs();
    if (arrived.length === 0) {
      return page(200, "Connected; the car is still on its way", [
        "Smartcar has your consent. The car appears here as soon as Smartcar lists it, usually within a few minutes.",
        "If it does not, see whether smartcar.mode (live or simulated) fits the car.",
      ]);
    }
    const title = arrived.length === 1 ? "Your car is connected" : "Your cars are connected";
    return page(200, title, ["The first data follow within minutes. You can close this page."], arrived);
  }

  async #signedIn(id: string): Promise<PublicAnswer> {
    await this.#look(() => true);
    const car = this.#options.cars().filter((each) => each.id === id);
    return page(200, "Signed in again", ["Data and commands resume within minutes. You can close this page."], car);
  }

  async #look(done: () => boolean): Promise<void> {
    const { clock, refresh } = this.#options;
    for (const waitMs of LOOKS) {
      if (waitMs > 0) await sleep(clock, waitMs);
      await refresh();
      if (done()) return;
    }
  }
}

function connectedIds(cars: readonly ConnectedCar[]): string[] {
  return cars.filter(({ connected }) => connected).map(({ id }) => id);
}

/** Every way in which Connect ends without a car, in words for its owner. */
const ERRORS: Readonly<Record<string, readonly [title: string, advice: string]>> = {
  access_denied: ["You declined", "Nothing was connected. Press Connect once more if that was not what you wanted."],
  invalid_subscription: [
    "The car's connected services are not active",
    "Activate or renew the subscription in the maker's app, then press Connect once more.",
  ],
  configuration_error: [
    "Something is set up wrongly",
    "Usual causes: the redirect address is not registered with the application letter by letter, the application id is that of another application, or a test car was used in live mode. Begin again from the Set-up page.",
  ],
  no_vehicles: [
    "This account holds no car",
    "Sign in with the account that the car is registered to in the maker's app.",
  ],
  vehicle_incompatible: [
    "This car cannot be connected",
    "The maker does not offer it for this model and year, or not the permissions that the application requires.",
  ],
  server_error: ["Smartcar or the car's maker had a fault", "Try again in a few minutes."],
};
const UNKNOWN_ERROR = ERRORS["server_error"] ?? ["Something went wrong", "Try again in a few minutes."];
/** What Connect may add to an error, shown as it came. */
const DETAILS = ["error_message", "error_description", "make", "model", "year", "vin", "status_code"] as const;
const LONGEST_DETAIL = 300;

function refused(error: string, query: URLSearchParams): PublicAnswer {
  const [title, advice] = Object.hasOwn(ERRORS, error) ? (ERRORS[error] ?? UNKNOWN_ERROR) : UNKNOWN_ERROR;
  const details = DETAILS.flatMap((name) => {
    const value = query.get(name)?.trim() ?? "";
    return value === "" ? [] : [`${name.replace("_", " ")}: ${value.slice(0, LONGEST_DETAIL)}`];
  });
  const said = details.length === 0 ? [] : [`Smartcar said: ${error.slice(0, 60)} (${details.join("; ")})`];
  return page(200, title, [advice, ...said]);
}

const STYLE = `:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1.25rem}h1{font-size:1.6rem}li{font-weight:600}`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

function page(
  status: number,
  title: string,
  lines: readonly string[],
  cars: readonly ConnectedCar[] = [],
): PublicAnswer {
  const list = cars.map(({ name }) => `<li>${escapeHtml(name)}</li>`).join("");
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
${list === "" ? "" : `<ul>${list}</ul>`}
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join("\n")}
</main></body></html>
`;
  return {
    status,
    body,
    headers: {
      "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
    },
  };
}

/** What a Connect link is made of. */
export interface ConnectUrlOptions {
  /** Host of the Connect pages; `/oauth/…` is appended. */
  readonly connectUrl: string;
  /** The application's UUID; never the `client_…` id. */
  readonly applicationId: string;
  /** Exactly as registered; absent: the first one registered. */
  readonly redirectUri?: string | undefined;
  readonly mode: "live" | "simulated";
  /** Comes back with the browser, so that a visit can be told from a forged one. */
  readonly state?: string | undefined;
  /** Skips the choice of the make. */
  readonly make?: string | undefined;
  /** Two letters; decides which makes and sign-in pages are offered. */
  readonly country?: string | undefined;
  /** Only this car may be chosen; wins over the make. */
  readonly vin?: string | undefined;
  /** Id of a vehicle whose owner is to sign in again, instead of connecting a new one. */
  readonly reauthenticate?: string | undefined;
}

/**
 * A link for the car's owner. V3 needs no code, so none is asked for; without a scope the dashboard's Vehicle Access
 * decides what is asked of the owner. Pure.
 */
export function connectUrl(options: ConnectUrlOptions): string {
  const { connectUrl: host, applicationId, redirectUri, mode, state, make, country, vin, reauthenticate } = options;
  const again = reauthenticate !== undefined;
  const url = new URL(`${host.replace(/\/+$/, "")}/oauth/${again ? "reauthenticate" : "authorize"}`);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") url.searchParams.set(name, value);
  };
  set("response_type", again ? "vehicle_id" : "none");
  set("application_id", applicationId);
  set("redirect_uri", redirectUri);
  set("state", state);
  if (again) {
    set("vehicle_id", reauthenticate);
    return url.href;
  }
  set("mode", mode);
  set(
    "make",
    make
      ?.toUpperCase()
      .trim()
      .replace(/[\s-]+/g, "_"),
  );
  set("flags", country === undefined ? undefined : `country:${country.toUpperCase()}`);
  if (vin !== undefined) set("single_select", "true");
  set("single_select_vin", vin?.toUpperCase());
  return url.href;
}

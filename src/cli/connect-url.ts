import { Redactor } from "../lib/redact.ts";
import { connectUrl as linkOf } from "../smartcar/connect.ts";
import { issueState } from "../smartcar/connect-states.ts";
import { readVehicleId } from "../smartcar/connection.ts";
import { type Command, UsageError } from "./command.ts";
import { configOption, loadOrExplain, WRONG_CONFIGURATION } from "./configuration.ts";

/** No I, O or Q: VINs never have them. */
const VIN = /^[A-HJ-NPR-Z0-9]{17}$/i;
const COUNTRY = /^[A-Z]{2}$/i;

export const connectUrl: Command = {
  name: "connect-url",
  about: "print a Smartcar Connect link for the car's owner",
  options: [
    configOption,
    { name: "make", value: "M", about: "skip the choice of the make" },
    { name: "country", value: "CC", about: "two letters, e.g. DE; decides which makes are offered" },
    { name: "vin", value: "V", about: "only this car may be chosen" },
    { name: "reauthenticate", value: "VEHICLE_ID", about: "the owner of this vehicle signs in again" },
  ],
  async run(options, terminal) {
    const { make, country, vin, reauthenticate } = options;
    if (vin !== undefined && !VIN.test(vin)) throw new UsageError("--vin must be a VIN of 17 characters");
    if (country !== undefined && !COUNTRY.test(country)) {
      throw new UsageError(`--country must be two letters (got ${JSON.stringify(country)})`);
    }
    if (reauthenticate !== undefined && readVehicleId(reauthenticate) === null) {
      throw new UsageError("--reauthenticate must be a vehicle id, as the page and B/V/info show it");
    }
    const loaded = loadOrExplain(terminal, new Redactor(), options["config"]);
    if (loaded === undefined) return WRONG_CONFIGURATION;
    const { client_secret: secrets, mode, connect_url, ...smartcar } = loaded.config.smartcar;
    const { application_id: applicationId, redirect_uri: redirectUri } = smartcar;
    if (applicationId === undefined || redirectUri === undefined) {
      if (applicationId === undefined) {
        terminal.err("smartcar.application_id: is missing, a Connect link needs it; copy it from the dashboard\n");
      }
      if (redirectUri === undefined) {
        terminal.err(
          "smartcar.redirect_uri: is missing, set it or http.public_url as it is registered in the dashboard\n",
        );
      }
      return WRONG_CONFIGURATION;
    }
    // Signed, so that the running bridge knows it on the way back.
    const { state } = issueState(secrets[0] ?? "", { reauthenticate: reauthenticate ?? null }, terminal.clock);
    const url = linkOf({
      connectUrl: connect_url,
      applicationId,
      redirectUri,
      mode,
      state,
      make,
      country,
      vin,
      reauthenticate,
    });
    terminal.out(`${url}\n`);
    return 0;
  },
};

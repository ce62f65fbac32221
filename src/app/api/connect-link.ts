import { Refused } from "../../http/endpoints.ts";
import type { ConnectOrder } from "../../http/schema/setup.ts";
import { connectUrl } from "../../smartcar/connect.ts";
import { vehicleId } from "../../vehicle/ids.ts";
import type { ApiSource } from "./source.ts";

/** A Connect link that can be used once. @throws Refused when the configuration does not allow any. */
export function connectLinkOf({ frame, states, cars }: ApiSource, order: ConnectOrder) {
  const {
    application_id: applicationId,
    redirect_uri: redirectUri,
    connect_url: connectHost,
    mode,
  } = frame.config.smartcar;
  if (applicationId === undefined) {
    throw new Refused(409, "NO_APPLICATION_ID", "smartcar.application_id is not set; Connect links need it");
  }
  if (redirectUri === undefined) {
    throw new Refused(
      409,
      "NO_REDIRECT",
      "neither http.public_url nor smartcar.redirect_uri is set: there is no way back",
    );
  }
  const { reauthenticate } = order;
  if (reauthenticate !== undefined && cars.directory.get(vehicleId(reauthenticate)) === undefined) {
    throw new Refused(404, "UNKNOWN_VEHICLE", `no vehicle has the id ${reauthenticate}`);
  }
  const { state, expiresAt } = states.issue({ reauthenticate: reauthenticate ?? null });
  return { url: connectUrl({ connectUrl: connectHost, applicationId, redirectUri, mode, state, ...order }), expiresAt };
}

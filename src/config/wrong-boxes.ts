/** A value in the wrong box. It is not repeated here: most of them are secret. */
export interface WrongBox {
  readonly key: string;
  readonly what: string;
  readonly mend: string;
}

/** The boxes that are mixed up. */
export interface Boxes {
  readonly client_id?: string | undefined;
  readonly client_secret?: readonly string[] | undefined;
  readonly application_id?: string | undefined;
  readonly management_token?: readonly string[] | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const looksLikeClientId = (text: string | undefined) => text?.startsWith("client_") === true;

/**
 * Credentials in the wrong box, by their shapes: client ids mostly begin with `client_`, the application id is a UUID,
 * secret and management token are neither.
 */
export function wrongBoxes(smartcar: Boxes): WrongBox[] {
  const findings: WrongBox[] = [];
  const { client_id: id, client_secret: secrets = [], application_id: application } = smartcar;
  const tokens = smartcar.management_token ?? [];
  const note = (key: string, what: string, mend: string) => findings.push({ key: `smartcar.${key}`, what, mend });
  if (id !== undefined && UUID.test(id)) {
    note(
      "client_id",
      "looks like the application id",
      "V3 client ids begin with client_; this value belongs in smartcar.application_id",
    );
  } else if (id !== undefined && !looksLikeClientId(id) && tokens.includes(id)) {
    note("client_id", "is the same as the management token", "put the client id here that begins with client_");
  }
  if (looksLikeClientId(application)) {
    note(
      "application_id",
      "looks like a client id",
      "the application id is a UUID, shown beside the application's name; this value belongs in smartcar.client_id",
    );
  }
  if (secrets.some((secret) => looksLikeClientId(secret) || secret === id)) {
    note(
      "client_secret",
      "looks like a client id",
      "put the secret here that was shown once with the client id; this value belongs in smartcar.client_id",
    );
  }
  if (application !== undefined && secrets.includes(application)) {
    note("client_secret", "is the same as the application id", "put the secret here that belongs to the client id");
  }
  if (tokens.some((token) => secrets.includes(token))) {
    note("management_token", "is the same as the client secret", "copy the token from the application's configuration");
  } else if (tokens.some((token) => looksLikeClientId(token) || token === id || token === application)) {
    const mend = "copy the token from the application's configuration";
    note("management_token", "looks like an id", mend);
  }
  return findings;
}

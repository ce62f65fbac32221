import { MqttError } from "./mqtt-error.ts";

/** Why there is no session, in words for the person who runs the bridge. */
export interface ConnectFailure {
  /** True when the broker (or our own configuration) said no; false when nobody answered. */
  readonly refused: boolean;
  /** What is wrong and what to do, without secrets. */
  readonly detail: string;
  /** The one thing to do about it, or null. */
  readonly fix: string | null;
}

const CONNACK: Readonly<Record<number, string>> = {
  1: "the broker does not speak this MQTT version: set mqtt.version to 3.1.1",
  2: "the broker refuses the client id: change mqtt.client_id",
  3: "the broker says that it is unavailable",
  4: "the broker refuses user name or password: check mqtt.username and mqtt.password",
  5: "the broker does not let this user in: check mqtt.username, mqtt.password and the broker's access list",
  132: "the broker does not speak this MQTT version: set mqtt.version to 3.1.1",
  133: "the broker refuses the client id: change mqtt.client_id",
  134: "the broker refuses user name or password: check mqtt.username and mqtt.password",
  135: "the broker does not let this user in: check mqtt.username, mqtt.password and the broker's access list",
  136: "the broker says that it is unavailable",
  137: "the broker says that it is busy",
  138: "the broker has banned this client",
  144: "the broker refuses the topic of our last will: check mqtt.base_topic",
  154: "the broker keeps no retained messages, which the bridge needs",
  155: "the broker does not offer QoS 1, which the bridge needs",
  159: "the broker says that we connect too often",
};

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "its host name is not known",
  EAI_AGAIN: "the name service does not answer",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: "it cut the connection: does the scheme in mqtt.url (mqtt, mqtts, ws, wss) fit the port?",
  EPROTO: "the TLS handshake failed: does the scheme in mqtt.url fit the port?",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on this port: use mqtt:// or another port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS on this port: use mqtt:// or another port",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet: is this machine's clock right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed: name it in mqtt.ca_file",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an unknown CA: name the CA in mqtt.ca_file",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an unknown CA: name the CA in mqtt.ca_file",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an unknown CA: name the CA in mqtt.ca_file",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an unknown CA: name the CA in mqtt.ca_file",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name: set mqtt.servername to the one it names",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it wants a client certificate: set mqtt.cert_file and mqtt.key_file",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the TLS handshake failed: does it want a client certificate?",
};

/** Reads the error of an attempt that brought no session; `null` when the broker just closed the connection. */
export function connectFailure(label: string, error: Error | null): ConnectFailure {
  if (error === null) {
    const detail = `${label} closed the connection without an answer: does the scheme in mqtt.url fit the port?`;
    return { refused: false, detail, fix: "make the scheme and port of mqtt.url those of the broker's listener" };
  }
  if (error instanceof MqttError) {
    const refused = error.disposition === "fix-config";
    const detail = error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
    return { refused, detail, fix: error.hint ?? null };
  }
  const { code } = error as { readonly code?: unknown };
  if (typeof code === "number") {
    const detail = CONNACK[code] ?? `the broker refuses the connection (reason ${code})`;
    return { refused: true, detail, fix: CONNACK_FIX[code] ?? "look into the broker's log" };
  }
  const known = typeof code === "string" ? (NETWORK[code] ?? opensslWord(code)) : undefined;
  // A certificate failure is a "no" as well, but it is ours: repeated tries are as harmless as for any other.
  const detail = `${label} cannot be reached: ${known ?? (error.message || String(code))}`;
  return { refused: false, detail, fix: networkFix(typeof code === "string" ? code : "") };
}

const PASSWORD_FIX = "set mqtt.username and mqtt.password to a user that the broker knows";
const VERSION_FIX = "set mqtt.version to 3.1.1";
const CLIENT_FIX = "change mqtt.client_id";
const CONNACK_FIX: Readonly<Record<number, string>> = {
  1: VERSION_FIX,
  2: CLIENT_FIX,
  4: PASSWORD_FIX,
  5: PASSWORD_FIX,
  132: VERSION_FIX,
  133: CLIENT_FIX,
  134: PASSWORD_FIX,
  135: `${PASSWORD_FIX}, and allow it in the broker's access list`,
  144: "change mqtt.base_topic, or allow it in the broker's access list",
};

function networkFix(code: string): string {
  if (code.startsWith("ENOTFOUND") || code === "EAI_AGAIN") return "correct the host name in mqtt.url";
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return "set mqtt.ca_file to the authority of the broker's certificate, or mqtt.servername to the name in it";
  if (/SSL|TLS|EPROTO|ECONNRESET/.test(code))
    return "make scheme and port of mqtt.url fit the broker's listener, with TLS or without";
  return "start the broker, or correct host and port in mqtt.url";
}

const DISCONNECT: Readonly<Record<number, string>> = {
  137: "the broker is busy",
  139: "the broker shuts down",
  141: "the broker heard nothing from us in time",
  142: "another client connected with our client id",
  149: "we sent a packet that is too large",
  151: "the broker's quota is exceeded",
  152: "the broker's administrator ended it",
};

/** Why a session ended, in a few words. */
export function lossReason(error: Error | null, reasonCode: number | null): string {
  if (reasonCode !== null && reasonCode !== 0) return DISCONNECT[reasonCode] ?? `the broker gave reason ${reasonCode}`;
  return error === null || error.message === "" ? "the broker closed it" : error.message;
}

function opensslWord(code: string): string | undefined {
  return code.startsWith("ERR_SSL_") ? `the TLS handshake failed (${code})` : undefined;
}

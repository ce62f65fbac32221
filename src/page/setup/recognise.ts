/** Which box of the configuration a value belongs in, by its shape alone. Nothing leaves the browser. */
export interface Recognised {
  readonly key: string | null;
  readonly says: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function recognise(text: string): Recognised {
  const value = text.trim();
  if (value === "") return { key: null, says: "" };
  if (/\s/.test(value)) return { key: null, says: "There is a blank in it: something else was copied along." };
  if (/^https?:\/\//i.test(value)) {
    return { key: "http.public_url", says: "An address: the public one of this bridge, if it begins with https." };
  }
  if (/^(mqtts?|wss?):\/\//i.test(value)) return { key: "mqtt.url", says: "The address of an MQTT broker." };
  if (/^client_/i.test(value)) return { key: "smartcar.client_id", says: "A V3 client id: it belongs in client_id." };
  if (UUID.test(value)) {
    return {
      key: "smartcar.application_id",
      says: "A UUID: that is the application id, for Connect links. It is not the client id, which begins with client_.",
    };
  }
  if (value.length < 12) return { key: null, says: "Too short for any of them." };
  return {
    key: "smartcar.client_secret",
    says: "A secret. If it was shown once beside the client id, it is the client secret; if it stands under API keys, it is the management token.",
  };
}

/** Keys whose values look alike: what is recognised as one may be meant for the other. */
const ALIKE = new Set(["smartcar.client_secret", "smartcar.management_token"]);

/** Why a value does not look like what its box is for; null when it does, or nothing speaks against it. */
export function misplaced(key: string, text: string): string | null {
  const found = recognise(text);
  if (text.trim() === "" || found.key === key) return null;
  if (!key.startsWith("smartcar.") && found.key === "smartcar.client_secret") return null;
  if (ALIKE.has(key) && found.key !== null && ALIKE.has(found.key)) return null;
  return found.says;
}

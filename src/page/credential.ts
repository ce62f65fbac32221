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

const ENVIRONMENT: Readonly<Record<string, string>> = { "http.public_url": "HTTP_PUBLIC_URL" };

export function asEnvironment(values: ReadonlyMap<string, string>): string {
  return [...values]
    .map(([key, value]) => `${ENVIRONMENT[key] ?? key.replace(".", "_").toUpperCase()}=${quoted(value)}`)
    .join("\n");
}

export function asYaml(values: ReadonlyMap<string, string>): string {
  const sections = new Map<string, string[]>();
  for (const [key, value] of values) {
    const [section = "", name = ""] = key.split(".");
    sections.set(section, [...(sections.get(section) ?? []), `  ${name}: ${JSON.stringify(value)}`]);
  }
  return [...sections].map(([section, lines]) => [`${section}:`, ...lines].join("\n")).join("\n");
}

function quoted(value: string): string {
  return /^[\w.:/@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

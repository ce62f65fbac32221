/** `SMARTCAR_CLIENT_ID=client_…`, one line each. */
export function asEnvironment(values: ReadonlyMap<string, string>): string {
  return [...values].map(([key, value]) => `${key.replace(".", "_").toUpperCase()}=${quoted(value)}`).join("\n");
}

export function asYaml(values: ReadonlyMap<string, string>): string {
  const sections = new Map<string, string[]>();
  for (const [key, value] of values) {
    const [section = "", name = ""] = key.split(".");
    sections.set(section, [...(sections.get(section) ?? []), `  ${name}: ${JSON.stringify(value)}`]);
  }
  return [...sections].map(([section, lines]) => [`${section}:`, ...lines].join("\n")).join("\n");
}

/** So that Compose, systemd and a shell read the same: between single quotes they disagree on `'` and on a backslash. */
function quoted(value: string): string {
  if (/^[\w.:/@%+-]+$/.test(value)) return value;
  return /['\\]/.test(value) ? `"${value.replace(/[\\"$]/g, "\\$&")}"` : `'${value}'`;
}

/** Every form in which a text can lie hidden in bytes: as it is, inside JSON (once and twice), a URL, base64 or hex. */
function hidden(secret: string): ReadonlyMap<string, string> {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = new Map([
    ["plain", secret],
    ["JSON", json],
    ["JSON inside JSON", JSON.stringify(json).slice(1, -1)],
    ["URL", encodeURIComponent(secret)],
    ["form", new URLSearchParams({ x: secret }).toString().slice(2)],
    ["hex", Buffer.from(secret).toString("hex")],
    ["HEX", Buffer.from(secret).toString("hex").toUpperCase()],
  ]);
  // In base64 it looks another way at each of three places; the letters at its ends depend on its neighbours.
  for (let shift = 0; shift < 3; shift++) {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = encoded.slice(shift === 0 ? 0 : 4, -4);
    forms.set(`base64 ${shift}`, inner);
    forms.set(`base64url ${shift}`, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

export interface Canary {
  readonly name: string;
  readonly text: string;
}

/** Something that was put out, and where. */
export interface Output {
  readonly place: string;
  readonly bytes: string | Buffer;
}

/** Where a canary was seen: one line for each place and form. */
export function sightings(canaries: readonly Canary[], outputs: readonly Output[]): string[] {
  const found: string[] = [];
  for (const { name, text } of canaries) {
    const forms = hidden(text);
    for (const { place, bytes } of outputs) {
      for (const [form, needle] of forms) {
        const at = typeof bytes === "string" ? bytes.indexOf(needle) : bytes.indexOf(Buffer.from(needle));
        if (at < 0) continue;
        const around = bytes.toString().slice(Math.max(0, at - 120), at + needle.length + 40);
        found.push(`${name} in ${place} (${form}): …${JSON.stringify(around)}…`);
        break;
      }
    }
  }
  return found;
}

/** Where the project lives. */
export const REPOSITORY = "smartcar2mqtt/smartcar2mqtt";

const TROUBLESHOOTING = `https://github.com/${REPOSITORY}/blob/main/docs/troubleshooting.md`;

/** Address of what the documents say about a link of the chain or a problem of a car. */
export function helpAbout(kind: "link" | "problem", name: string): string {
  return `${TROUBLESHOOTING}#${kind}-${name.toLowerCase().replaceAll(/[^a-z0-9_]+/g, "-")}`;
}

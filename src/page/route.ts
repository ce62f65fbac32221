/** `#/cars/family-car` → `["cars", "family-car"]`; what cannot be decoded stays as it was typed. */
export function routeOf(hash: string): readonly string[] {
  return hash.replace(/^#\/?/, "").split("/").map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

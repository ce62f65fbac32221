/** Number of single-letter edits that turn one word into the other (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** No word anybody looks for is longer, and the effort grows with the length. */
const LONGEST = 100;

/** The candidate most like `word`, and how many edits away it is; `undefined` only without candidates. */
export function nearest(word: string, candidates: Iterable<string>): { word: string; distance: number } | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(plain(word), plain(candidate));
    if (best === undefined || distance < best.distance) best = { word: candidate, distance };
  }
  return best;
}

/** `clientId`, `client-id` and `CLIENT_ID` are slips of one kind, so they should not count as distance. */
function plain(word: string): string {
  return word.slice(0, LONGEST).toLowerCase().replace(/[-_]/g, "");
}

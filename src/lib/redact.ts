const MASK = "***";
/** Shorter values would mask innocent text; a credential this short is no credential. */
const MIN_SECRET_LENGTH = 4;

/**
 * Knows every secret of this process and takes it out of any text. Secrets are added when the configuration is read
 * and when a token is fetched; the log writer passes every line through {@link Redactor.clean}.
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | undefined;

  /** Registers a secret in the forms it can appear in: plain, inside JSON, and inside a URL. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
    for (const form of forms(secret)) this.#secrets.add(form);
    this.#compile();
  }

  /** Forgets a secret that is no longer valid (an expired token), so that the set stays small. */
  remove(secret: string): void {
    for (const form of forms(secret)) this.#secrets.delete(form);
    this.#compile();
  }

  clean(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, MASK);
  }

  #compile(): void {
    // Longest first, so that a secret containing another is masked whole.
    const sources = [...this.#secrets].sort((a, b) => b.length - a.length).map((form) => RegExp.escape(form));
    this.#pattern = sources.length === 0 ? undefined : new RegExp(sources.join("|"), "g");
  }
}

function forms(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}

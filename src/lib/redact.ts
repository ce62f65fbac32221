const MASK = "***";
/** Shorter values would mask innocent text; a credential this short is no credential. */
const MIN_SECRET_LENGTH = 4;

/**
 * Knows every secret of this process and takes it out of any text. Secrets are added when the configuration is read
 * and when a token is fetched; the log writer passes every line through {@link Redactor.clean}.
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  /** Longest first, so that a secret containing another is masked whole. */
  #forms: readonly string[] = [];

  /** Registers a secret in the forms it can appear in: plain, inside JSON, a URL and a form. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
    for (const form of forms(secret)) this.#secrets.add(form);
    this.#sort();
  }

  /** Forgets a secret that is no longer valid (an expired token), so that the set stays small. */
  remove(secret: string): void {
    for (const form of forms(secret)) this.#secrets.delete(form);
    this.#sort();
  }

  clean(text: string): string {
    return this.#forms.reduce((cleaned, form) => cleaned.replaceAll(form, MASK), text);
  }

  #sort(): void {
    this.#forms = [...this.#secrets].sort((a, b) => b.length - a.length);
  }
}

function forms(secret: string): string[] {
  const inForm = new URLSearchParams({ x: secret }).toString().slice("x=".length);
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed()), inForm];
}

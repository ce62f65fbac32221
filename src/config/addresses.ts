/** True for addresses that never leave this machine, where plain http harms nobody. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare.endsWith(".localhost") || bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}

export function isPlainHttpAllowed(url: URL): boolean {
  return isLoopbackHost(url.hostname);
}

export function withoutTrailingSlash(href: string): string {
  return href.replace(/\/+$/, "");
}

/** Two listeners with one port collide when they share an interface; a wildcard address shares all of them. */
export function sharesInterface(hostA: string, hostB: string): boolean {
  const isWildcard = (host: string) => ["0.0.0.0", "::", "[::]", ""].includes(host);
  return hostA === hostB || isWildcard(hostA) || isWildcard(hostB);
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/**
 * Takes `user:password@` out of a URL. People paste passwords with `#`, `/` or `@` unescaped, which the URL parser
 * would cut in the wrong place, so everything between `://` and the last `@` counts.
 */
export function splitCredentials(url: string): { readonly url: string; readonly credentials: Credentials } {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(.*)@([^@]*)$/i.exec(url.trim());
  if (match === null) return { url, credentials: {} };
  const [, scheme = "", userInfo = "", rest = ""] = match;
  const colon = userInfo.indexOf(":");
  const username = decoded(colon < 0 ? userInfo : userInfo.slice(0, colon));
  const password = colon < 0 ? "" : decoded(userInfo.slice(colon + 1));
  return {
    url: scheme + rest,
    credentials: { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare % is part of a password somebody did not escape.
    return text;
  }
}

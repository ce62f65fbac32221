import { isIP } from "node:net";

/** Names that only resolve inside a home or a container network, so that no stranger can own them. */
const LOCAL_SUFFIXES = [
  ".local",
  ".localhost",
  ".lan",
  ".home",
  ".home.arpa",
  ".internal",
  ".localdomain",
  ".fritz.box",
];

export interface Proxy {
  /**
   * `X-Forwarded-Host` of a reverse proxy that does not pass the browser's Host on. A page elsewhere cannot send it: that
   * takes a preflight, which is not answered.
   */
  readonly forwardedHost?: string | undefined;
  /** It carries a password or session of ours, which a browser sends to no name but the one it got it from. */
  readonly trusted?: boolean;
}

/**
 * Whether a request that changes something comes from our own page. A page elsewhere can make a browser send requests
 * here (Origin differs), or have its own name resolve to this machine (Host is a name that is not ours).
 */
export function mayChange(
  host: string | undefined,
  origin: string | undefined,
  ownHosts: readonly string[],
  proxy: Proxy = {},
): boolean {
  const name = hostName(host);
  if (name === null || !(proxy.trusted === true || isOurs(name, ownHosts))) return false;
  // Scripts and curl send no Origin; a browser always does, and "null" is a sandboxed page.
  if (origin === undefined) return true;
  const originHost = URL.parse(origin)?.host;
  const hosts = [host, proxy.forwardedHost].map((text) => text?.toLowerCase());
  return originHost !== undefined && hosts.includes(originHost.toLowerCase());
}

function hostName(host: string | undefined): string | null {
  const url = host === undefined || /[/?#@\s]/.test(host) ? null : URL.parse(`http://${host}`);
  return url === null ? null : url.hostname.toLowerCase();
}

function isOurs(name: string, ownHosts: readonly string[]): boolean {
  if (ownHosts.some((own) => own.toLowerCase() === name)) return true;
  if (name.startsWith("[") || isIP(name) !== 0) return true;
  // A single label (`localhost`, a container's name) is nobody's on the internet.
  return !name.includes(".") || LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

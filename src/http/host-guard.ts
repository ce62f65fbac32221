import type { IncomingHttpHeaders } from "node:http";
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
  /**
   * Its name need not be ours: it carries a password or session, which a browser sends to no name but the one it got it
   * from, it is about to send the password, or it comes from a proxy that asks by itself.
   */
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
  const hosts = [host, proxy.forwardedHost, ...ownHosts].map((text) => text?.toLowerCase());
  return originHost !== undefined && hosts.includes(originHost.toLowerCase());
}

/** Whether a connection comes from an address; one of IPv4 may be written as one of IPv6. */
export function comesFrom(remote: string | undefined, address: string | undefined): boolean {
  if (remote === undefined || address === undefined) return false;
  const plain = (text: string) => text.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  return plain(remote) === plain(address);
}

/** Where Home Assistant's ingress mounts the page; null for requests that do not come from there. */
export function ingressPath(
  {
    socket,
    headers,
  }: { readonly socket: { readonly remoteAddress?: string | undefined }; readonly headers: IncomingHttpHeaders },
  trustedProxy: string | undefined,
): string | null {
  const path = headers["x-ingress-path"];
  if (typeof path !== "string" || !comesFrom(socket.remoteAddress, trustedProxy)) return null;
  return /^(\/[\w-]+)+$/.test(path) ? path : null;
}

function hostName(host: string | undefined): string | null {
  const url = host === undefined || /[/?#@\s]/.test(host) ? null : URL.parse(`http://${host}`);
  return url === null ? null : url.hostname.toLowerCase();
}

function isOurs(name: string, ownHosts: readonly string[]): boolean {
  if (ownHosts.some((own) => hostName(own) === name)) return true;
  if (name.startsWith("[") || isIP(name) !== 0) return true;
  // A single label (`localhost`, a container's name) is nobody's on the internet.
  return !name.includes(".") || LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

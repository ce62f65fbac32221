/**
 * How a host that something on this machine listens on is written in an address for callers on this machine: a wildcard
 * becomes loopback, IPv6 gets its brackets.
 */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

import { createServer } from "node:net";
import { AppError, systemCode, toError } from "../lib/errors.ts";

export const LOOPBACK = "127.0.0.1";

/**
 * Finds out whether a port can be listened on; 0 picks a free one.
 * @throws AppError naming the port and the option that changes it
 */
export async function freePort(port: number, option: string, host = LOOPBACK): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", (error) => reject(portFailure(error, { port, option, host })));
    server.listen({ host, port }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

/** What to say when a port cannot be listened on. */
export function portFailure(
  error: unknown,
  { port, option, host }: { readonly port: number; readonly option: string; readonly host: string },
): AppError {
  const code = systemCode(error);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new AppError("PORT_UNAVAILABLE", `${host} is no address of this machine`, {
      disposition: "fix-config",
      hint: `Leave --host out, or choose ${LOOPBACK} or 0.0.0.0.`,
      cause: toError(error),
    });
  }
  const reason =
    code === "EADDRINUSE"
      ? "is in use"
      : code === "EACCES"
        ? "needs more rights"
        : `cannot be used (${code ?? "unknown"})`;
  return new AppError("PORT_UNAVAILABLE", `port ${port} on ${host} ${reason}`, {
    disposition: "fix-config",
    hint: `Choose another one with --${option}; 0 takes any free port.`,
    cause: toError(error),
  });
}

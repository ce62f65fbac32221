import { createServer } from "node:net";
import { AppError, systemCode, toError } from "../lib/errors.ts";

export const LOOPBACK = "127.0.0.1";

/**
 * Finds out whether a loopback port can be listened on; 0 picks a free one.
 * @throws AppError naming the port and the option that changes it
 */
export async function freePort(port: number, option: string): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", (error) => reject(portFailure(error, port, option)));
    server.listen({ host: LOOPBACK, port }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

/** What to say when a port cannot be listened on. */
export function portFailure(error: unknown, port: number, option: string): AppError {
  const code = systemCode(error);
  const reason =
    code === "EADDRINUSE"
      ? "is in use"
      : code === "EACCES"
        ? "needs more rights"
        : `cannot be used (${code ?? "unknown"})`;
  return new AppError("PORT_UNAVAILABLE", `port ${port} on ${LOOPBACK} ${reason}`, {
    disposition: "fix-config",
    hint: `Choose another one with --${option}; 0 takes any free port.`,
    cause: toError(error),
  });
}

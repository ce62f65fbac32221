import { statfsSync } from "node:fs";
import { AppError, systemCode } from "../lib/errors.ts";

/** What to say when the file or its folder cannot be used; for the daemon and for `doctor`. */
export function openError(path: string, dataDir: string, cause: unknown): AppError {
  const uid = process.getuid?.() ?? "unknown";
  const code = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new AppError("STORE_OPEN", `cannot open or write the database ${path} as uid ${uid} (${code})`, {
    disposition: "fix-config",
    hint: remedy(code, dataDir, uid),
    cause,
  });
}

function remedy(code: string, dataDir: string, uid: number | "unknown"): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return "another program has locked it: stop it (a second smartcar2mqtt with the same data_dir?) and start again";
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
    return `the disk is full: free some space for '${dataDir}', or set data_dir to another one`;
  }
  if (code.startsWith("SQLITE_IOERR")) return DISK_ERRORS;
  return `make the directory writable: mkdir -p '${dataDir}' && chown -R ${uid} '${dataDir}', or set data_dir to another one`;
}

export const DISK_ERRORS =
  "the disk reports errors: look at the system's log, and move data_dir to a disk that is sound";

/** Space left where a folder is; null where that cannot be told. */
export function freeBytesAt(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

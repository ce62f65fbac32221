import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { canInstall, chooseRuntime, INSTALLERS, pathWithoutOurs, RUNTIME_FILES, whyInstall } from "./install-state.mjs";

const REQUIRED_NODE = 24;
const LOCK_CHECK_MS = 250;
/** No installation takes so long; whoever holds the lock then is none. */
const LOCK_LIMIT_MS = 15 * 60_000;

/** The launcher cannot go on; its message is for people. */
export class InstallError extends Error {}

/**
 * Makes sure that dependencies and runtime are there, and returns the Node.js to run with. An installation that was
 * cut short leaves no trace that looks complete, so the next call tries again.
 *
 * @param {string} root folder of the project
 * @param {(line: string) => void} say
 * @returns {Promise<string>} path of the Node.js executable
 * @throws {InstallError}
 */
export async function ensureInstalled(root, say) {
  const ready = readyRuntime(root);
  if (ready !== null) return ready;
  return await alone(root, say, () => {
    // Another process may have installed while this one waited.
    const done = readyRuntime(root);
    if (done !== null) return done;
    const reason = missing(root);
    if (reason !== null) {
      if (!canInstall(process.version)) {
        throw new InstallError(`Node.js ${process.version} cannot install it: take ${INSTALLERS.join(", ")} or newer`);
      }
      say(`${reason}: installing them, this takes a moment`);
      npm(root, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    }
    if (runtime(root) === null) {
      say(`Node.js ${process.version} is older than ${REQUIRED_NODE}: fetching the project's own`);
      npm(root, ["rebuild", "node", "--ignore-scripts=false", "--loglevel=error"]);
    }
    const installed = readyRuntime(root);
    if (installed === null) {
      throw new InstallError(`the project's Node.js did not arrive; install Node.js ${REQUIRED_NODE} and try again`);
    }
    return installed;
  });
}

function readyRuntime(root) {
  return missing(root) === null ? runtime(root) : null;
}

function missing(root) {
  const installed = join(root, "node_modules", ".package-lock.json");
  return whyInstall(
    readFileSync(join(root, "package-lock.json"), "utf8"),
    existsSync(installed) ? readFileSync(installed, "utf8") : null,
  );
}

function runtime(root) {
  return chooseRuntime({
    installed: RUNTIME_FILES.map((file) => join(root, file)).find((file) => existsSync(file)) ?? null,
    running: process.execPath,
    runningVersion: process.version,
    required: REQUIRED_NODE,
  });
}

function npm(root, args) {
  const env = { ...process.env, PATH: pathWithoutOurs(process.env.PATH ?? "", root, delimiter) };
  const isWindows = process.platform === "win32";
  // Its progress belongs on the error output: standard output is the program's own.
  const result = spawnSync("npm", args, { cwd: root, env, shell: isWindows, stdio: ["ignore", 2, 2] });
  const command = `npm ${args.join(" ")}`;
  if (result.error) throw new InstallError(`${command} could not be started: ${result.error.message}`);
  if (result.status === 0) return;
  const how = result.signal === null ? `ended with code ${result.status}` : `was ended by ${result.signal}`;
  throw new InstallError(`${command} ${how}; mend what it says above and try again`);
}

/** Runs one installation at a time: `npm run demo` and `npm test` may be started together on a fresh checkout. */
async function alone(root, say, work) {
  const lock = join(tmpdir(), `smartcar2mqtt-install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);
  const owner = join(lock, "pid");
  for (let waitedMs = 0; ; waitedMs += LOCK_CHECK_MS) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isAlive(owner)) {
      // Left behind by an installation that was killed.
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (waitedMs === 0) say("waiting for another installation to end");
    if (waitedMs > LOCK_LIMIT_MS)
      throw new InstallError(`another installation does not end; if none runs, delete ${lock}`);
    await wait(LOCK_CHECK_MS);
  }
  try {
    writeFileSync(owner, String(process.pid));
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isAlive(owner) {
  let pid;
  try {
    pid = Number(readFileSync(owner, "utf8"));
  } catch {
    // Between making the folder and writing the file its owner is alive.
    return existsSync(owner.slice(0, -"/pid".length));
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

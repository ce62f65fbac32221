// What the launcher decides, without doing it: plain JavaScript that also an old Node.js runs.

/** The project's own runtime, a dependency like any other; `bin/node` appears only when it is complete. */
export const RUNTIME_FILES = ["node_modules/node/bin/node", "node_modules/node/bin/node.exe"];

/**
 * Compares package-lock.json with the copy npm leaves in node_modules when an installation is complete.
 * Returns why an installation is needed, or null when everything is in place.
 *
 * @param {string} lockText text of package-lock.json
 * @param {string | null} installedText text of node_modules/.package-lock.json, null when there is none
 * @returns {string | null}
 */
export function whyInstall(lockText, installedText) {
  if (installedText === null) return "the dependencies are not installed";
  let installed;
  try {
    installed = JSON.parse(installedText).packages ?? {};
  } catch {
    return "the last installation is incomplete";
  }
  for (const [path, wanted] of Object.entries(JSON.parse(lockText).packages)) {
    if (path === "" || wanted.link === true) continue;
    const found = installed[path];
    // Packages for other systems are left out by npm.
    if (found === undefined && (wanted.optional === true || wanted.devOptional === true)) continue;
    if (found === undefined || found.version !== wanted.version) return "the dependencies have changed";
  }
  return null;
}

/**
 * The Node.js to run with: the project's own where it is installed, else the running one if it is new enough.
 *
 * @param {{ installed: string | null, running: string, runningVersion: string, required: number }} state
 * @returns {string | null} path of the executable, null when the project's own must be fetched first
 */
export function chooseRuntime({ installed, running, runningVersion, required }) {
  if (installed !== null) return installed;
  return Number.parseInt(runningVersion.replace(/^v/, ""), 10) >= required ? running : null;
}

/**
 * The oldest versions of Node.js that can install, one for each line of releases. npm silently leaves out a package for
 * this system that wants a newer one, and the page could then not be built.
 */
export const INSTALLERS = ["20.19.0", "22.13.0", "24.0.0"];

/**
 * Whether a Node.js is one of those or newer.
 *
 * @param {string} version such as `v22.13.1`
 */
export function canInstall(version) {
  const [major, minor] = numbers(version);
  const [newest] = numbers(INSTALLERS[INSTALLERS.length - 1]);
  return major > newest || INSTALLERS.map(numbers).some(([m, n]) => m === major && minor >= n);
}

function numbers(version) {
  return version.replace(/^v/, "").split(".").map(Number);
}

/**
 * Takes our own node_modules/.bin out of a PATH: npm must not run on the very Node.js it is about to replace.
 *
 * @param {string} path
 * @param {string} root
 * @param {string} separator
 */
export function pathWithoutOurs(path, root, separator) {
  return path
    .split(separator)
    .filter((folder) => !folder.startsWith(`${root}/node_modules`) && !folder.startsWith(`${root}\\node_modules`))
    .join(separator);
}

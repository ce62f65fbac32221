// Starts the demo as a newcomer would, waits until a car shows its battery, sends a command, and stops it again.
// Needs mosquitto_sub and mosquitto_pub. Plain JavaScript: it starts before the project's own Node.js is there.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const READY_LIMIT_MS = 180_000;
const STEP_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const HOST = "127.0.0.1";

const children = [];
const seen = [];
const waiting = new Set();
let failed = false;

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    for (const child of children) end(child);
    process.exit(1);
  });
}

try {
  await smoke();
  process.stdout.write("smoke: the demo runs, obeys and stops\n");
} catch (error) {
  failed = true;
  process.stderr.write(`smoke: ${error.message}\n${seen.slice(-40).join("\n")}\n`);
} finally {
  for (const child of children) end(child);
}
process.exit(failed ? 1 : 0);

async function smoke() {
  const demo = start("npm", ["run", "demo", "--", "--mqtt-port", "0", "--port", "0"]);
  const demoEnd = new Promise((resolve) => demo.on("exit", (code, signal) => resolve({ code, signal })));
  void demoEnd.then(() => {
    for (const wait of waiting) wait.fail(new Error("the demo ended early"));
  });
  const [, page] = await line(/^\s*Open\s+(http:\S+)/, "the demo's address", READY_LIMIT_MS);
  const [, port] = await line(/mosquitto_sub -h \S+ -p (\d+)/, "the broker's port", STEP_LIMIT_MS);
  start("mosquitto_sub", ["-h", HOST, "-p", port, "-v", "-t", "smartcar/#"]);

  const [, car] = await line(/^smartcar\/([^/ ]+)\/battery \d/, "a battery reading", STEP_LIMIT_MS);
  await line(/^smartcar\/bridge\/state online$/, "the bridge online", STEP_LIMIT_MS);
  const health = await fetch(new URL("healthz", page));
  if (health.status !== 200) throw new Error(`healthz answers ${health.status}`);

  const [, limited = car] = await line(/^smartcar\/([^/ ]+)\/charge_limit \d/, "a charge limit", STEP_LIMIT_MS);
  const limit = `smartcar/${limited}/charge_limit`;
  start("mosquitto_pub", ["-h", HOST, "-p", port, "-t", `${limit}/set`, "-m", "80"]);
  await line(new RegExp(`^${limit}/result .*"status":"succeeded"`), "the command's success", STEP_LIMIT_MS);

  waiting.clear();
  demo.kill("SIGTERM");
  const { code, signal } = await within(demoEnd, STOP_LIMIT_MS, "the demo did not stop in time");
  if (code !== 0) throw new Error(`the demo ended with ${signal ?? `code ${code}`}`);
  const states = seen.filter((text) => text.startsWith("smartcar/bridge/state "));
  if (states.at(-1) !== "smartcar/bridge/state offline") throw new Error(`the bridge's last state: ${states.at(-1)}`);
}

/** Starts a program in a process group of its own, so that all it starts can be ended with it. */
function start(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  children.push(child);
  child.on("error", (error) => {
    for (const wait of waiting) wait.fail(new Error(`${command} could not be started: ${error.message}`));
  });
  createInterface({ input: child.stdout }).on("line", (text) => {
    seen.push(text);
    for (const wait of waiting) wait.look(text);
  });
  return child;
}

/** The first line, past or to come, that matches. */
async function line(pattern, what, limitMs) {
  const past = seen.map((text) => pattern.exec(text)).find((match) => match !== null);
  if (past !== undefined) return past;
  let wait;
  const found = new Promise((resolve, reject) => {
    wait = {
      fail: reject,
      look(text) {
        const match = pattern.exec(text);
        if (match !== null) resolve(match);
      },
    };
    waiting.add(wait);
  });
  try {
    return await within(found, limitMs, `${what} did not appear within ${limitMs / 1000} s`);
  } finally {
    waiting.delete(wait);
  }
}

async function within(promise, limitMs, message) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function end(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

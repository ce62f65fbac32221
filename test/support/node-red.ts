import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { atHand } from "./installed.ts";
import { PATIENCE_MS } from "./patience.ts";

/** A node of a flow file. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [option: string]: unknown;
}

export interface NodeRed {
  /** Everything printed so far. */
  output(): string;
  stop(): Promise<void>;
}

const PROGRAM = (() => {
  try {
    return createRequire(import.meta.url).resolve("node-red/red.js");
  } catch {
    return undefined;
  }
})();

/** Is Node-RED installed? */
export function hasNodeRed(): boolean {
  return atHand(PROGRAM, "node-red", "the tests of its flow");
}

/** Neither editor nor HTTP nodes, so it listens on no port; nothing is fetched, installed or reported. */
const SETTINGS = {
  flowFile: "flow.json",
  credentialSecret: false,
  httpAdminRoot: false,
  httpNodeRoot: false,
  uiHost: "127.0.0.1",
  uiPort: 0,
  telemetry: { enabled: false, updateNotification: false },
  diagnostics: { enabled: false, ui: false },
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
    modules: { allowInstall: false },
  },
  functionExternalModules: false,
  logging: { console: { level: "info", metrics: false, audit: false } },
};

/** Node-RED in a process of its own with a user directory of its own, once its flow runs and the broker knows it. */
export async function startNodeRed(flow: readonly FlowNode[]): Promise<NodeRed> {
  if (PROGRAM === undefined) throw new Error("node-red is not installed");
  const userDir = mkdtempSync(join(tmpdir(), "node-red-"));
  writeFileSync(join(userDir, "settings.cjs"), `module.exports = ${JSON.stringify(SETTINGS)};\n`);
  writeFileSync(join(userDir, "flow.json"), JSON.stringify(flow));
  const child = spawn(process.execPath, [PROGRAM, "--userDir", userDir, "--settings", join(userDir, "settings.cjs")], {
    cwd: userDir,
    env: { PATH: process.env["PATH"] ?? "", HOME: userDir, NODE_RED_DISABLE_TELEMETRY: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output += `${line}\n`;
      for (const look of waiting) look();
    });
  }
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exit;
    rmSync(userDir, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`Node-RED did not start:\n${output}`)), PATIENCE_MS);
      waiting.add(() => {
        if (!output.includes("Started flows") || !output.includes("Connected to broker")) return;
        clearTimeout(limit);
        resolve();
      });
      void exit.then(() => {
        clearTimeout(limit);
        reject(new Error(`Node-RED ended before it was started:\n${output}`));
      });
    });
  } catch (error) {
    await stop();
    throw error;
  }
  waiting.clear();
  return { output: () => output, stop };
}

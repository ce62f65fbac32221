#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { startSmall } from "./cli/frugal.ts";
import { neededCommands } from "./cli/needed.ts";
import { run } from "./cli/run.ts";
import { systemClock } from "./lib/clock.ts";

// The only file that ends the process: what is left over after an orderly stop must not keep it alive.
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

// `smartcar2mqtt … | head` closes the pipe early; that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

startSmall();
const argv = process.argv.slice(2);
const exitCode = await run(argv, await neededCommands(argv), {
  env: process.env,
  cwd: process.cwd(),
  version: manifest.version,
  clock: systemClock,
  random: Math.random,
  interactive: process.stdout.isTTY === true,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  process,
  abandon: (code) => process.exit(code),
});
// Pipes are written to in the background: the last lines would be lost without waiting for them.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
process.exit(exitCode);

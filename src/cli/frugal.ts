import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Settings of V8 for a process that does little for years. They are made here and not on the command line of Node.js, so
 * that they hold however the program is started.
 */
export function startSmall(): void {
  // Starting makes much garbage for once. Letting the space for new objects grow for it would cost 8 MB for good.
  setFlagsFromString("--semi-space-growth-factor=1");
  // undici parses HTTP in WebAssembly. Optimising that for some calls a day takes 30 MB, which are never given back.
  setFlagsFromString("--wasm-tiering-budget=2000000000");
}

/** From here on memory for new objects may grow with what there is to do. */
export function growWithLoad(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
}

/**
 * Gives back what starting has left behind, half of all memory with many cars. V8 would wait for the next time that so
 * much is needed, which for an idle bridge is never. Takes some tenths of a second with thousands of cars.
 */
export function tidyUp(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" });
}

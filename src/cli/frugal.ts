import { setFlagsFromString } from "node:v8";

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

import { backup } from "./backup.ts";
import { checkConfig } from "./check-config.ts";
import type { Command } from "./command.ts";
import { connectUrl } from "./connect-url.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { health } from "./health.ts";
import { simulator } from "./simulator.ts";
import { start } from "./start.ts";

/** Every command, in the order of the usage; the first is the one meant when none is named. */
export const commands: readonly [Command, ...Command[]] = [
  start,
  demo,
  simulator,
  doctor,
  checkConfig,
  connectUrl,
  backup,
  health,
];

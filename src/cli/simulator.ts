import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { seconds } from "../lib/duration.ts";
import { systemCode } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { Lifecycle } from "../lib/lifecycle.ts";
import { Redactor } from "../lib/redact.ts";
import { Termination } from "../lib/termination.ts";
import { Replay } from "../simulator/replay.ts";
import {
  MAX_RECORDING_BYTES,
  type Recording,
  RecordingError,
  readRecording,
  tooLarge,
} from "../simulator/replay-file.ts";
import { Simulator } from "../simulator/simulator.ts";
import { type Command, failureLine, type Terminal, UsageError } from "./command.ts";
import { WRONG_CONFIGURATION } from "./configuration.ts";
import { freePort, LOOPBACK } from "./free-port.ts";
import { portOption, speedOption } from "./numbers.ts";
import { simulatorEnvironment } from "./simulated.ts";
import { terminalLog } from "./terminal-log.ts";

const PORT = 8099;
const STOP_LIMIT_MS = seconds(5);

/** Nothing here is secret: the simulator listens on loopback and its cars do not exist. */
const CREDENTIALS = {
  clientId: "client_simulator",
  clientSecret: "simulator-client-secret",
  applicationId: "00000000-0000-4000-8000-000000000000",
  managementToken: "simulator-management-token",
};

export const simulator: Command = {
  name: "simulator",
  about: "run the Smartcar simulator alone",
  options: [
    { name: "port", value: "P", about: `port of the simulator (${PORT}; 0 = any)` },
    { name: "speed", value: "N", about: "simulated time runs N times faster (1)" },
    { name: "webhook-url", value: "URL", about: "where its cars deliver to" },
    { name: "replay", value: "FILE", about: "play a recording of the flight recorder in place of its own cars" },
  ],
  async run(options, terminal) {
    const wantedPort = portOption("port", options["port"], PORT);
    const speed = speedOption(options["speed"], 1);
    const webhookUrl = options["webhook-url"];
    if (webhookUrl !== undefined && !/^https?:$/.test(URL.parse(webhookUrl)?.protocol ?? "")) {
      throw new UsageError(`--webhook-url must be an http(s) address (got ${JSON.stringify(webhookUrl)})`);
    }
    const recording = await recordingOf(options["replay"], terminal);
    if (recording === "unreadable") return WRONG_CONFIGURATION;
    const { clock, random } = terminal;
    const { log } = terminalLog({ level: "warn" }, terminal, new Redactor(), terminal.err);
    const life = new Lifecycle(clock);
    const simulated = life.own(
      "simulator",
      new Simulator({
        clock,
        random,
        host: LOOPBACK,
        // Asked first, so that a port that is taken is named with its option.
        port: wantedPort === 0 ? 0 : await freePort(wantedPort, "port"),
        speed,
        ...CREDENTIALS,
        ...(webhookUrl === undefined ? {} : { webhookUrl }),
        ...(recording === undefined ? {} : { cars: [], quiet: true }),
        log,
      }),
    );
    if (recording !== undefined) {
      const onBegun = () => terminal.out("The replay begins.\n");
      const onEnded = () => terminal.out("The replay has come to its end; the simulator stays.\n");
      life.own("replay", new Replay({ simulator: simulated, recording, clock, speed, webhookUrl, onBegun, onEnded }));
    }
    const termination = new Termination({ process: terminal.process, clock, log, abandon: terminal.abandon });
    termination.start();
    await life.start(STOP_LIMIT_MS);
    terminal.out(introduction(simulated.url, recording?.settings ?? {}));
    if (recording !== undefined) terminal.out(outline(recording, webhookUrl));
    const reason = await termination.requested;
    await life.stop(STOP_LIMIT_MS);
    return reason.kind === "signal" ? 0 : 1;
  },
};

function introduction(url: string, { mode, units }: JsonObject): string {
  const environment = {
    ...simulatorEnvironment(url, CREDENTIALS),
    ...(mode === "simulated" ? { SMARTCAR_MODE: mode } : {}),
    ...(units === "imperial" ? { UNITS: units } : {}),
  };
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return `Smartcar simulator: ${url}\n\nEnvironment of a daemon that talks to it:\n\n${lines.join("\n")}\n`;
}

function outline({ from, to, cars, deliveries, calls, settings }: Recording, webhookUrl: string | undefined): string {
  const begins =
    webhookUrl === undefined
      ? "It begins when the connections are asked for; without --webhook-url its deliveries are left out."
      : `It begins when ${webhookUrl} has answered.`;
  return [
    "",
    `Recording: ${new Date(from).toISOString()} to ${new Date(to).toISOString()}, ${cars.length} cars, ${deliveries.length} deliveries, ${calls.length} calls.`,
    `Recorded with: ${JSON.stringify(settings)}`,
    begins,
    "",
  ].join("\n");
}

/** The recording to play, if one is wanted; why it cannot be played is said here. */
async function recordingOf(
  file: string | undefined,
  terminal: Terminal,
): Promise<Recording | undefined | "unreadable"> {
  if (file === undefined) return undefined;
  try {
    return readRecording(await textOf(resolve(terminal.cwd, file)));
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    terminal.err(failureLine(error));
    return "unreadable";
  }
}

async function textOf(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_RECORDING_BYTES) throw tooLarge();
    return await readFile(path, "utf8");
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new RecordingError(`${path} cannot be read (${code})`, "Check the path.");
  }
}

import { Redactor } from "../lib/redact.ts";
import { Termination } from "../lib/termination.ts";
import { Simulator } from "../simulator/simulator.ts";
import { createLogger } from "../telemetry/logger.ts";
import { type Command, UsageError } from "./command.ts";
import { freePort, LOOPBACK } from "./free-port.ts";
import { portOption, speedOption } from "./numbers.ts";
import { simulatorEnvironment } from "./simulated.ts";

const PORT = 8099;

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
  ],
  async run(options, terminal) {
    const wantedPort = portOption("port", options["port"], PORT);
    const speed = speedOption(options["speed"], 1);
    const webhookUrl = options["webhook-url"];
    if (webhookUrl !== undefined && !/^https?:$/.test(URL.parse(webhookUrl)?.protocol ?? "")) {
      throw new UsageError(`--webhook-url must be an http(s) address (got ${JSON.stringify(webhookUrl)})`);
    }
    const { clock, random } = terminal;
    const { log } = createLogger({
      level: "warn",
      format: terminal.interactive ? "pretty" : "json",
      colour: terminal.interactive,
      clock,
      redactor: new Redactor(),
      write: terminal.err,
    });
    const simulated = new Simulator({
      clock,
      random,
      host: LOOPBACK,
      port: await freePort(wantedPort, "port"),
      speed,
      ...CREDENTIALS,
      ...(webhookUrl === undefined ? {} : { webhookUrl }),
      log,
    });
    const termination = new Termination({ process: terminal.process, clock, log, abandon: terminal.abandon });
    termination.start();
    await simulated.start();
    const lines = Object.entries(simulatorEnvironment(simulated.url, CREDENTIALS)).map(
      ([name, value]) => `${name}=${value}`,
    );
    terminal.out(
      `Smartcar simulator: ${simulated.url}\n\nEnvironment of a daemon that talks to it:\n\n${lines.join("\n")}\n`,
    );
    const reason = await termination.requested;
    await simulated.stop();
    return reason.kind === "signal" ? 0 : 1;
  },
};

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../config/env-layer.ts";
import { seconds } from "../lib/duration.ts";
import { Lifecycle } from "../lib/lifecycle.ts";
import { Simulator } from "../simulator/simulator.ts";
import type { Command, Terminal } from "./command.ts";
import { WRONG_CONFIGURATION } from "./configuration.ts";
import { configuredApp } from "./configured-app.ts";
import { runDaemon } from "./daemon.ts";
import { EmbeddedBroker } from "./embedded-broker.ts";
import { freePort, LOOPBACK } from "./free-port.ts";
import { portOption, speedOption } from "./numbers.ts";
import { type SimulatedCredentials, simulatorEnvironment } from "./simulated.ts";

const BROKER_PORT = 1883;
const PRIVATE_PORT = 8080;
const SPEED = 60;
const STOP_LIMIT_MS = seconds(2);
const CHARGE_LIMIT_TOPIC = /^smartcar\/([^/]+)\/charge_limit$/;

export const demo: Command = {
  name: "demo",
  about: "run the bridge against a simulated Smartcar and its own broker: no account, no internet",
  options: [
    { name: "speed", value: "N", about: `simulated time runs N times faster (${SPEED})` },
    { name: "mqtt-port", value: "P", about: `port of the broker (${BROKER_PORT}; 0 = any)` },
    { name: "port", value: "P", about: `port of the page (${PRIVATE_PORT}; 0 = any)` },
    {
      name: "host",
      value: "H",
      about: `interface of page and broker (${LOOPBACK}); both are open to whoever reaches it`,
    },
  ],
  async run(options, terminal) {
    const speed = speedOption(options["speed"], SPEED);
    const mqttPort = portOption("mqtt-port", options["mqtt-port"], BROKER_PORT);
    const wantedPort = portOption("port", options["port"], PRIVATE_PORT);
    const host = options["host"] ?? LOOPBACK;
    const privatePort = wantedPort === 0 ? 0 : await freePort(wantedPort, "port", host);
    const publicPort = await freePort(0, "port");

    const credentials: SimulatedCredentials = {
      clientId: "client_demo",
      clientSecret: randomUUID(),
      applicationId: randomUUID(),
      managementToken: randomUUID(),
    };
    const broker = new EmbeddedBroker({ clock: terminal.clock, host, port: mqttPort, option: "mqtt-port" });
    const simulator = new Simulator({
      clock: terminal.clock,
      random: terminal.random,
      host: LOOPBACK,
      port: 0,
      speed,
      ...credentials,
      webhookUrl: `http://${LOOPBACK}:${publicPort}/webhooks/smartcar`,
    });
    const surroundings = new Lifecycle(terminal.clock);
    surroundings.own("broker", broker);
    surroundings.own("simulator", simulator);
    await surroundings.start(STOP_LIMIT_MS);
    const dataDir = await mkdtemp(join(tmpdir(), "smartcar2mqtt-demo-"));
    try {
      const env = demoEnvironment(terminal.env, {
        credentials,
        broker,
        simulator,
        host,
        privatePort,
        publicPort,
        dataDir,
      });
      return await runAgainst(broker, { ...terminal, env, cwd: dataDir });
    } finally {
      await surroundings.stop(STOP_LIMIT_MS);
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

/** The demo's own environment: nothing of the user's configuration takes part, except how the log looks. */
function demoEnvironment(
  usersEnv: Environment,
  demo: {
    readonly credentials: SimulatedCredentials;
    readonly broker: EmbeddedBroker;
    readonly simulator: Simulator;
    readonly host: string;
    readonly privatePort: number;
    readonly publicPort: number;
    readonly dataDir: string;
  },
): Environment {
  return {
    ...simulatorEnvironment(demo.simulator.url, demo.credentials),
    MQTT_URL: `mqtt://${demo.broker.host}:${demo.broker.port}`,
    // The embedded broker does not speak MQTT 5.
    MQTT_VERSION: "3.1.1",
    HTTP_HOST: demo.host,
    HTTP_PORT: String(demo.privatePort),
    // The simulator in this process is the only one that delivers.
    HTTP_PUBLIC_HOST: LOOPBACK,
    HTTP_PUBLIC_PORT: String(demo.publicPort),
    HTTP_PUBLIC_URL: `http://${LOOPBACK}:${demo.publicPort}`,
    DATA_DIR: demo.dataDir,
    LOG_LEVEL: usersEnv["LOG_LEVEL"] || "warn",
    LOG_FORMAT: usersEnv["LOG_FORMAT"],
    NO_COLOR: usersEnv["NO_COLOR"],
  };
}

async function runAgainst(broker: EmbeddedBroker, terminal: Terminal): Promise<number> {
  const configured = configuredApp(terminal);
  if (configured === undefined) return WRONG_CONFIGURATION;
  const { app, log } = configured;
  const firstCar = new Promise<string>((resolve) => {
    broker.onPublish((topic) => {
      const name = CHARGE_LIMIT_TOPIC.exec(topic)?.[1];
      if (name !== undefined) resolve(name);
    });
  });
  return await runDaemon(app, {
    terminal,
    log,
    onStarted: () => {
      terminal.out(introduction(app.addresses.privateUrl, broker));
      void firstCar.then((car) => terminal.out(suggestion(broker, car)));
    },
  });
}

function introduction(privateUrl: string, { host, port }: EmbeddedBroker): string {
  return [
    "",
    "smartcar2mqtt is running against a simulated Smartcar. Ctrl-C ends it.",
    "",
    `  Open       ${privateUrl}/`,
    `  Subscribe  mosquitto_sub -h ${host} -p ${port} -v -t 'smartcar/#'`,
    "",
  ].join("\n");
}

function suggestion({ host, port }: EmbeddedBroker, car: string): string {
  const topic = `smartcar/${car}/charge_limit`;
  return [
    `  Command    mosquitto_pub -h ${host} -p ${port} -t '${topic}/set' -m 80`,
    `             its answer appears on ${topic}/result`,
    "",
    "",
  ].join("\n");
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinkName } from "../../src/doctor/link.ts";
import { startMosquitto } from "./brokers.ts";
import type { Bench } from "./e2e-bench.ts";
import { freePort } from "./free-port.ts";

/** A set-up with one fault, and what doctor and page have to say of it. */
export interface BrokenSetup {
  readonly name: string;
  /** The links that fail; what mends it stands at the first. */
  readonly failed: readonly [LinkName, ...LinkName[]];
  readonly detail: RegExp;
  readonly fix: RegExp;
  /** What the configuration says instead, and what has to be undone for it afterwards. */
  readonly env?: (bench: Bench) => Promise<Given>;
  /** What is different at Smartcar when the bridge starts. */
  readonly before?: (bench: Bench) => void;
  /** What is different about the webhook. */
  readonly webhook?: Parameters<Bench["simulator"]["setWebhook"]>[0];
  /** It ran well before: its fault came with a change of the configuration. */
  readonly ranBefore?: true;
  /** What has to happen before anybody can know. */
  readonly after?: (bench: Bench) => void;
  /** The start waits until it is mended. */
  readonly stalls?: true;
}

interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly stop?: () => unknown;
}

const just = (env: Record<string, string>) => async (): Promise<Given> => ({ env });

export const BROKEN_SETUPS: readonly BrokenSetup[] = [
  {
    name: "the application id in the client id's box",
    env: just({ SMARTCAR_CLIENT_ID: "3f1c0e5a-0000-4000-8000-000000000000" }),
    failed: ["credentials", "token"],
    detail: /smartcar\.client_id looks like the application id/,
    fix: /belongs in smartcar\.application_id/i,
  },
  {
    name: "a wrong client secret",
    env: just({ SMARTCAR_CLIENT_SECRET: "not-the-secret-at-all" }),
    failed: ["token"],
    detail: /refused/,
    fix: /smartcar\.client_secret/,
  },
  {
    name: "a wrong management token",
    ranBefore: true,
    env: just({ SMARTCAR_MANAGEMENT_TOKEN: "a-token-of-another-application" }),
    after: ({ simulator }) => simulator.setSignal("vehicle-a", "charge-ischarging", { body: { value: true } }),
    failed: ["signatures"],
    detail: /wrong key/,
    fix: /smartcar\.management_token/,
  },
  {
    name: "a callback that points elsewhere",
    webhook: { callbackUrl: "http://127.0.0.1:9/elsewhere" },
    failed: ["callback URL"],
    detail: /no webhook delivers to http:\/\/127\.0\.0\.1:\d+\/webhooks\/smartcar; found instead: .*elsewhere/,
    fix: /set the webhook's callback URI to .*\/webhooks\/smartcar/i,
  },
  {
    name: "a disabled webhook",
    webhook: { isEnabled: false },
    failed: ["webhook enabled"],
    detail: /disabled/,
    fix: /enable the webhook/i,
  },
  {
    name: "a webhook without triggers",
    webhook: { triggers: [] },
    failed: ["triggers"],
    detail: /nothing is ever delivered/,
    fix: /choose some under triggers/i,
  },
  {
    name: "a car that is not subscribed",
    env: just({ SMARTCAR_AUTO_SUBSCRIBE: "false" }),
    webhook: { subscribe: [] },
    failed: ["subscriptions"],
    detail: /not subscribed: Test a/,
    fix: /smartcar\.auto_subscribe/,
  },
  {
    name: "a permission that is missing",
    before: ({ simulator }) => simulator.patchCar("vehicle-a", { revoke: ["read_odometer", "read_battery"] }),
    failed: ["permissions"],
    detail: /Test a: not granted: .*tractionbattery-stateofcharge/,
    fix: /have the owner connect the car again/i,
  },
  {
    name: "a broker that is down",
    env: async () => ({ env: { MQTT_URL: `mqtt://127.0.0.1:${await freePort()}` } }),
    failed: ["broker"],
    detail: /nothing listens/,
    fix: /start the broker/i,
  },
  {
    name: "a wrong broker password",
    env: async () => {
      const guarded = await startMosquitto({ users: { car: "right-password" } });
      const env = { MQTT_URL: guarded.url, MQTT_USERNAME: "car", MQTT_PASSWORD: "wrong-password" };
      return { env, stop: () => guarded.stop() };
    },
    failed: ["broker"],
    detail: /the broker does not let this user in/,
    fix: /mqtt\.password/,
  },
  {
    name: "a data directory that cannot be written",
    ranBefore: true,
    stalls: true,
    env: async ({ dataDir }) => {
      const taken = join(dataDir, "taken");
      // Root may write everywhere; nobody may write below a file.
      writeFileSync(taken, "");
      return { env: { DATA_DIR: taken } };
    },
    failed: ["disk"],
    detail: /cannot open or write the database .* as uid \d+/,
    fix: /chown/,
  },
  {
    name: "a budget that is spent",
    env: just({ POLLING_MONTHLY_BUDGET: "1", POLLING_COMMAND_RESERVE: "0" }),
    failed: ["budget"],
    detail: /Test a: 1 of 1 calls used up until/,
    fix: /polling\.monthly_budget/,
  },
];

import * as z from "zod";
import { minutes, seconds } from "../lib/duration.ts";
import { brokerAddress } from "./broker-address.ts";
import {
  baseAddress,
  choice,
  duration,
  flag,
  host,
  ipAddress,
  password,
  plainText,
  secrets,
  topicPrefix,
  webAddress,
  wholeNumber,
} from "./values.ts";
import { vehicleList } from "./vehicle-list.ts";

/** Every command that may stand in `commands.allow`, in the order of the documents. */
const COMMAND_NAMES = [
  "lock",
  "unlock",
  "charging",
  "charge_limit",
  "charge_port",
  "destination",
  "charge_schedule",
  "refresh",
] as const;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const atSmartcar = { publiclyReachable: false };
const inPublic = { publiclyReachable: true };
const port = () => wholeNumber({ min: 0, max: 65_535 });

/**
 * Every key of the configuration, with what the documents say about it: the loader, the example file, the editors'
 * JSON schema and docs/configuration.md are all made from this. `writeOnly` marks a secret: it is never shown and has a
 * `…_FILE` twin. `unset` says what a key without a fixed default means when it is left out.
 */
export const configSchema = z.strictObject({
  smartcar: z
    .strictObject({
      client_id: plainText()
        .min(1, { error: "is empty" })
        .meta({
          description: "Client id of the application's V3 API credentials, from Smartcar's dashboard.",
          examples: ["client_01HXAMPLE0000000000000000"],
          unset: "required",
        }),
      client_secret: secrets()
        .refine((all) => all.length > 0, { error: "is empty" })
        .meta({
          description:
            "Client secret that belongs to the client id. While it is being rotated: a list, newest first, tried in order.",
          examples: ["the-secret-shown-once"],
          writeOnly: true,
          unset: "required",
        }),
      application_id: plainText()
        .optional()
        .meta({
          description: "Id of the application; needed for Connect links only.",
          examples: ["3f1c0e5a-0000-4000-8000-000000000000"],
        }),
      management_token: secrets()
        .prefault([])
        .meta({
          description:
            "Application management token, the key that signs webhooks; also a list, newest first. Without it webhooks are answered with 503.",
          examples: ["the-management-token"],
          writeOnly: true,
        }),
      redirect_uri: webAddress(inPublic)
        .optional()
        .meta({
          description: "Where Connect sends the browser back to; must be registered with the application.",
          examples: ["https://cars.example.org/connect/callback"],
          unset: "`http.public_url` + `/connect/callback`",
        }),
      mode: choice(["live", "simulated"]).prefault("live").meta({
        description: "Which cars are asked for: real ones, or the simulated ones of Smartcar's dashboard.",
      }),
      auto_subscribe: flag().default(true).meta({
        description: "Subscribe vehicles to the webhook whose callback is ours.",
      }),
      iam_url: baseAddress(atSmartcar).prefault("https://iam.smartcar.com").meta({
        description: "Host that issues tokens; /oauth2/token is appended.",
      }),
      vehicle_api_url: baseAddress(atSmartcar)
        .prefault("https://vehicle.api.smartcar.com/v3")
        .meta({ description: "Base address of the vehicle API." }),
      management_api_url: baseAddress(atSmartcar)
        .prefault("https://management.api.smartcar.com/v3")
        .meta({ description: "Base address of the management API." }),
      connect_url: baseAddress(atSmartcar).prefault("https://connect.smartcar.com").meta({
        description: "Host of the Connect pages; /oauth/… is appended.",
      }),
    })
    .meta({ description: "Access to Smartcar." }),

  units: choice(["metric", "imperial"]).prefault("metric").meta({
    description: "Units of every reading and entity.",
  }),

  mqtt: z
    .strictObject({
      url: brokerAddress().prefault("mqtt://localhost:1883").meta({
        description: "Address of the broker: mqtt, mqtts, ws or wss.",
      }),
      // A user name is masked where configuration is shown, but is too ordinary a word to be struck out of every line.
      username: password()
        .optional()
        .meta({
          description: "User name at the broker.",
          examples: ["smartcar"],
          writeOnly: true,
          struckFromLogs: false,
        }),
      password: password()
        .optional()
        .meta({ description: "Password at the broker.", examples: ["the-password"], writeOnly: true }),
      ca_file: plainText()
        .optional()
        .meta({ description: "Certificate authority of the broker (PEM file).", examples: ["/etc/ssl/home-ca.pem"] }),
      cert_file: plainText()
        .optional()
        .meta({ description: "Our client certificate (PEM file), with key_file.", examples: ["/etc/ssl/client.pem"] }),
      key_file: plainText()
        .optional()
        .meta({ description: "Key of the client certificate (PEM file).", examples: ["/etc/ssl/client.key"] }),
      servername: plainText()
        .optional()
        .meta({
          description: "Host name expected in the broker's certificate, when it is not the one in the address.",
          examples: ["broker.home.arpa"],
        }),
      reject_unauthorized: flag().default(true).meta({
        description: "Refuse a broker whose certificate cannot be verified.",
      }),
      version: z
        .union([z.literal(5), z.enum(["5", "3.1.1"])], { error: "must be 5 or 3.1.1" })
        .transform((version): "5" | "3.1.1" => (version === "3.1.1" ? version : "5"))
        .prefault("5")
        .meta({ description: "MQTT protocol version: 5 or 3.1.1." }),
      base_topic: topicPrefix().prefault("smartcar").meta({ description: "First part of every topic." }),
      client_id: plainText().min(1, { error: "is empty" }).prefault("smartcar2mqtt").meta({
        description: "Our client id at the broker; a second daemon needs another one.",
      }),
    })
    .meta({ description: "The MQTT broker." }),

  homeassistant: z
    .strictObject({
      enabled: flag().default(true).meta({ description: "Announce cars to Home Assistant (MQTT discovery)." }),
      discovery_prefix: topicPrefix().prefault("homeassistant").meta({
        description: "Home Assistant's discovery prefix.",
      }),
    })
    .meta({ description: "Home Assistant." }),

  polling: z
    .strictObject({
      mode: choice(["auto", "always", "never"]).prefault("auto").meta({
        description:
          "auto: ask only for what the webhook does not bring; always: by the intervals; never: webhooks and refresh only.",
      }),
      charging_interval: duration(minutes(5)).prefault("15m").meta({
        description: "Time between two reads while a car charges; 5m or more.",
      }),
      idle_interval: duration(minutes(5)).prefault("6h").meta({
        description: "Time between two reads otherwise; 5m or more.",
      }),
      monthly_budget: wholeNumber({ min: 0 }).default(500).meta({
        description: "Billed calls per vehicle and month, polls and commands together; 0 = no limit.",
      }),
      command_reserve: wholeNumber({ min: 0 }).default(50).meta({
        description: "Part of the budget that polling never touches.",
      }),
    })
    .meta({ description: "Asking Smartcar. Every read and every command is a billed call; webhooks are free." }),

  commands: z
    .strictObject({
      allow: z
        .array(choice(COMMAND_NAMES), { error: "must be a list" })
        .transform((names) => [...new Set(names)])
        .prefault(["lock", "charging", "charge_limit", "destination", "charge_schedule", "refresh"])
        .meta({
          description:
            "What may be sent to cars. unlock and charge_port are to be added on purpose; an empty list (in the environment: none) makes the bridge read-only.",
        }),
      max_age: duration(seconds(1)).prefault("60s").meta({ description: "A command older than this is refused." }),
    })
    .meta({ description: "Commands to cars." }),

  privacy: z
    .strictObject({
      location: choice(["exact", "rounded", "off"]).prefault("exact").meta({
        description: "Position of the cars: exact, rounded (about 1 km) or off; applied before MQTT, disk and log.",
      }),
    })
    .meta({ description: "Privacy." }),

  http: z
    .strictObject({
      host: plainText().min(1, { error: "is empty" }).prefault("127.0.0.1").meta({
        description: "Interface of the private port: page, API, health and metrics.",
        inImage: "0.0.0.0",
      }),
      port: port().default(8080).meta({ description: "The private port; keep it inside your network." }),
      password: password()
        .optional()
        .meta({
          description: "Protects page and API (HTTP Basic, any user name).",
          examples: ["the-password"],
          writeOnly: true,
        }),
      allowed_hosts: z
        .array(host(), { error: "must be a list" })
        .default([])
        .meta({
          description:
            "Names of your own under which the page is reached through a reverse proxy. Without http.password the API answers under these, local names and addresses only.",
          examples: [["cars.home.example.org"]],
        }),
      trusted_proxy: ipAddress()
        .optional()
        .meta({
          description:
            "Address of a reverse proxy that asks people who they are before it lets them through: what comes from there is answered under any name.",
          examples: ["192.168.1.5"],
        }),
      public_host: plainText()
        .min(1, { error: "is empty" })
        .optional()
        .meta({
          description: "Interface of the public port.",
          examples: ["0.0.0.0"],
          unset: "as `http.host`",
        }),
      public_port: port().default(8088).meta({
        description: "The only port to expose to the internet: webhook and Connect callback.",
      }),
      public_url: baseAddress(inPublic)
        .optional()
        .meta({
          description: "HTTPS address by which Smartcar reaches the public port.",
          examples: ["https://cars.example.org"],
        }),
    })
    .meta({ description: "The two HTTP ports." }),

  data_dir: plainText().min(1, { error: "is empty" }).prefault("./data").meta({
    description: "Folder of the database.",
    inImage: "/data",
  }),

  log: z
    .strictObject({
      level: choice(LOG_LEVELS)
        .prefault("info")
        .meta({ description: "trace, debug, info, warn, error, fatal or silent." }),
      format: choice(["json", "pretty"])
        .optional()
        .meta({
          description: "json or pretty.",
          examples: ["json"],
          unset: "`json`; `pretty` on a terminal",
        }),
    })
    .meta({ description: "The log, on standard output." }),

  vehicles: vehicleList()
    .default([])
    .meta({
      description:
        "Settings of single vehicles: topic, name, location (as privacy.location), enabled, accept (codes of signals whose values are taken without the plausibility check). Only in the YAML file.",
      examples: [[{ id: "36ab27d0-0000-4000-8000-000000000000", topic: "family-car", name: "Family car" }]],
    }),
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What the schema yields, before defaults that depend on other keys are filled in. */
export type ParsedConfig = z.output<typeof configSchema>;

/** The effective configuration: durations in milliseconds, addresses without trailing slash, files as absolute paths. */
export type Config = DeepReadonly<
  Omit<ParsedConfig, "http"> & { http: Omit<ParsedConfig["http"], "public_host"> & { public_host: string } }
>;

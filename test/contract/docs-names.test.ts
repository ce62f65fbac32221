import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missingFiles, REQUEST_NAMES, unknownPaths, unknownTopics } from "../support/document-rules/addresses.ts";
import { unknownCommands } from "../support/document-rules/commands.ts";
import { unknownSettings, unknownVariables } from "../support/document-rules/settings.ts";
import { type Document, documentPaths, parseDocument, ROOT, readDocument } from "../support/documents.ts";

const RULES: readonly (readonly [
  what: string,
  rule: (document: Document) => string[],
  wrong: string,
  faults: string[],
])[] = [
  [
    "commands",
    unknownCommands,
    "`npm run demoo`, `npm start -- docter`, `npm run demo -- --sped 60`\n\n```sh\ndocker compose exec smartcar2mqtt \\\n  smartcar2mqtt bakup x   # npm run nothing\nsmartcar2mqtt doctor --jsn && smartcar2mqtt health\nsystemctl restart smartcar2mqtt\ndocker compose --profile bridge --profile demmo up\ndocker compose logs -f brige\n```\n",
    [
      "npm run demoo",
      "smartcar2mqtt docter",
      "smartcar2mqtt demo --sped",
      "smartcar2mqtt bakup",
      "smartcar2mqtt doctor --jsn",
      "--profile demmo",
      "docker compose logs brige",
    ],
  ],
  [
    "configuration keys and values",
    unknownSettings,
    "`mqtt.adress`, `pooling.monthly_budget`, `polling.mode: sometimes`, `mqtt.url`, `units: metric`, `main.ts`\n",
    [
      "mqtt.adress",
      "pooling.monthly_budget",
      'polling.mode: must be one of auto, always, never (got "sometimes" from config/config.yaml), write it like auto',
    ],
  ],
  [
    "variables",
    unknownVariables,
    "`SMARTCAR_CLIENT_SECRETT`, `MQTT_PASSWORD_FILE`, `HTTP_PORT_FILE`\n\n```sh\nMQQT_URL=x npm start\n```\n",
    ["SMARTCAR_CLIENT_SECRETT", "HTTP_PORT_FILE", "MQQT_URL"],
  ],
  [
    "topics",
    unknownTopics,
    "`B/V/batery`, `B/V/battery`, `smartcar/my-car/lock/sett`, `B/bridge/request/refrsh`, `B/<any>/signals/charge-nothing`, `homeassistant/sensor/x/config`, `smartcar/#`, `smartcar/signature`\n",
    [
      "B/V/batery",
      "smartcar/my-car/lock/sett",
      "B/bridge/request/refrsh",
      "B/<any>/signals/charge-nothing",
      "homeassistant/sensor/x/config",
    ],
  ],
  [
    "paths of HTTP",
    unknownPaths,
    "`/readyz`, `/redyz`, `POST /webhooks/smartcar`, `GET /api/vehicle`, `/api/…`, `/etc/hosts`\n\n```sh\ncurl http://127.0.0.1:8080/nowhere?x=1 http://127.0.0.1:8080/readyz http://127.0.0.1:3000/login\n```\n",
    ["/redyz", "GET /api/vehicle", "/nowhere?x=1"],
  ],
  ["files of the project", missingFiles, "`src/nothing.ts`, `src/main.ts`, `config/config.yaml`\n", ["src/nothing.ts"]],
];

describe.each(RULES)("%s in the documents", (_what, rule, wrong, faults) => {
  it.each(documentPaths())("exist: %s", (path) => {
    expect(rule(readDocument(path))).toEqual([]);
  });

  it("are missed where they are wrong", () => {
    expect(rule(parseDocument("x.md", wrong))).toEqual(faults);
  });
});

it("the table of requests has those that the program answers", () => {
  const [, table = ""] =
    /## Requests\n([\s\S]*)/.exec(readFileSync(join(ROOT, "docs/topics-and-entities.md"), "utf8")) ?? [];
  const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual([...REQUEST_NAMES].toSorted());
});

import { z } from "zod";
import type { Publisher } from "../bridge/publisher.ts";
import { type RequestHandler, request } from "../bridge/request-inbox.ts";
import type { Chain } from "../doctor/chain.ts";
import { days, minutes, parseDuration } from "../lib/duration.ts";
import type { Poller } from "../scheduler/poller.ts";
import type { PollingBook } from "../scheduler/polling-settings.ts";
import type { Directory } from "../vehicle/directory.ts";
import type { Subscriber } from "../vehicle/subscriber.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";

export interface RequestParts {
  readonly directory: Directory;
  readonly subscriber: Subscriber;
  readonly poller: Poller;
  readonly polling: PollingBook;
  readonly publisher: Publisher;
  readonly chain: Chain;
  /** @throws RangeError for a part that does not exist */
  readonly setLogLevel: (level: string, part?: string) => void;
}

const SHORTEST_INTERVAL_MS = minutes(5);
/** The next read must have a date. */
const LONGEST_INTERVAL_MS = days(366);
const interval = z
  .string()
  .transform((text) => parseDuration(text) ?? Number.NaN)
  .refine((ms) => ms >= SHORTEST_INTERVAL_MS && ms <= LONGEST_INTERVAL_MS, {
    error: "must be a duration like 15m or 6h, from 5m to 366d",
  });

const oneOf = <const Word extends string>(words: readonly Word[]) =>
  z.enum(words, { error: `must be one of ${words.join(", ")}` });

/** What `bridge/request/<name>` can do. */
export function requests(parts: RequestParts): readonly RequestHandler[] {
  const { directory, subscriber, poller, polling, publisher, chain, setLogLevel } = parts;
  const find = (name: string): Vehicle => {
    const vehicle = directory.byTopic(name) ?? directory.list().find(({ id }) => id === name);
    if (vehicle === undefined) throw new Error(`no vehicle has the topic or id ${name}`);
    return vehicle;
  };

  return [
    request("refresh", z.strictObject({ vehicle: z.string().optional() }), async ({ vehicle }) => {
      await directory.refresh();
      subscriber.checkSoon();
      const chosen = vehicle === undefined ? directory.list().filter(({ connected }) => connected) : [find(vehicle)];
      const answers = [];
      // One after the other: the application's bucket is for everybody.
      for (const one of chosen) {
        const result = await poller.read(one, "command");
        answers.push(
          result.ok ? { vehicle: one.topic, ok: true } : { vehicle: one.topic, ok: false, error: result.error.message },
        );
      }
      return { vehicles: answers };
    }),
    request("republish", z.strictObject({}), () => {
      publisher.republish();
      return { topics: publisher.stats().topics };
    }),
    request(
      "polling",
      z.strictObject({
        vehicle: z.string().optional(),
        mode: oneOf(["auto", "always", "never"]).optional(),
        charging_interval: interval.optional(),
        idle_interval: interval.optional(),
      }),
      ({ vehicle, mode, charging_interval, idle_interval }) => {
        const id = vehicle === undefined ? null : find(vehicle).id;
        polling.change(id, { mode, chargingMs: charging_interval, idleMs: idle_interval });
        poller.replanAll();
        const { mode: now, chargingMs, idleMs } = polling.of(id ?? directory.list()[0]?.id ?? NOBODY);
        return { mode: now, charging_interval_s: chargingMs / 1_000, idle_interval_s: idleMs / 1_000 };
      },
    ),
    request(
      "log_level",
      z.strictObject({
        level: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
        part: z.string().optional(),
      }),
      ({ level, part }) => {
        setLogLevel(level, part);
        return part === undefined ? { level } : { level, part };
      },
    ),
    request("doctor", z.strictObject({}), () => ({ links: chain.links().map((link) => ({ ...link })) })),
  ];
}

/** Without any vehicle the settings for all are those of one that does not exist. */
const NOBODY = "" as Vehicle["id"];

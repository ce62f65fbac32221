import { z } from "zod";
import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { FaultInput } from "./fault.ts";
import type { RecordedCall } from "./replay-file.ts";
import type { SignalScript } from "./script-schema.ts";

/** What stands for the recording program's own callback. */
const OUR_CALLBACK = "https://ours.invalid/";
/** Codes of calls that ended because the program stopped: nothing went wrong with Smartcar. */
const GIVEN_UP = "SC_ABORTED";

const text = z.string().min(1).optional().catch(undefined);
const texts = z.array(z.unknown()).catch([]).default([]);
const reference = z
  .looseObject({ data: z.looseObject({ id: text }) })
  .optional()
  .catch(undefined);
const list = z.looseObject({
  data: z.array(z.unknown()),
  meta: z
    .looseObject({ totalCount: z.number().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

const connection = z.looseObject({
  attributes: z.looseObject({
    permissions: texts,
    user: z.looseObject({ id: text }).optional().catch(undefined),
    vehicle: z
      .looseObject({
        make: text,
        model: text,
        year: z.int().optional().catch(undefined),
        powertrainType: text,
        mode: text,
      })
      .default({}),
  }),
  relationships: z.looseObject({ vehicle: reference, user: reference }).optional().catch(undefined),
});

const signal = z.looseObject({
  attributes: z.looseObject({
    code: z.string().min(1),
    status: z.looseObject({
      value: text,
      error: z.looseObject({ type: text, code: text }).nullish().catch(null),
    }),
    body: (z.record(z.string(), z.json()) as z.ZodType<JsonObject>).nullish().catch(null),
  }),
  meta: (z.record(z.string(), z.json()) as z.ZodType<JsonObject>).nullish().catch(null),
});

const webhook = z.looseObject({
  attributes: z.looseObject({
    callbackUri: z.literal(OUR_CALLBACK),
    isEnabled: z.boolean().optional().catch(undefined),
    autoSubscribe: z.boolean().optional().catch(undefined),
    triggers: z.array(z.looseObject({ code: z.string().min(1) })),
    data: z.array(z.looseObject({ code: z.string().min(1) })),
  }),
});

/** One connection of a recorded list. */
export interface ListedCar {
  readonly vehicleId: string;
  readonly userId: string;
  readonly permissions: readonly string[];
  readonly make: string | undefined;
  readonly model: string | undefined;
  readonly year: number | undefined;
  readonly powertrainType: string | undefined;
  readonly mode: string | undefined;
}

/** A list; a page that is not the only one does not tell what is missing. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly isWhole: boolean;
}

export interface RecordedSignal {
  readonly code: string;
  readonly script: SignalScript;
}

export interface WebhookChoice {
  readonly isEnabled?: boolean | undefined;
  readonly autoSubscribe?: boolean | undefined;
  readonly triggers: readonly string[];
  readonly data: readonly string[];
}

/** The cars of a recorded list of connections; null for any other call. */
export function listedCars(call: RecordedCall): Listed<ListedCar> | null {
  if (!/\/connections$/.test(call.path)) return null;
  return listed(call, (item) => {
    const { data } = connection.safeParse(item);
    const vehicleId = data?.relationships?.vehicle?.data.id;
    const userId = data?.relationships?.user?.data.id ?? data?.attributes.user?.id;
    if (data === undefined || vehicleId === undefined || userId === undefined) return null;
    const { permissions, vehicle } = data.attributes;
    const { make, model, year, powertrainType, mode } = vehicle;
    const granted = permissions.filter((one): one is string => typeof one === "string");
    return { vehicleId, userId, permissions: granted, make, model, year, powertrainType, mode };
  });
}

/** The signals of a recorded read, and whose they are; null for any other call. */
export function listedSignals(call: RecordedCall): (Listed<RecordedSignal> & { readonly vehicleId: string }) | null {
  const [, vehicleId] = /\/vehicles\/([^/]+)\/signals$/.exec(call.path) ?? [];
  if (vehicleId === undefined) return null;
  const found = listed(call, (item) => {
    const { data } = signal.safeParse(item);
    if (data === undefined) return null;
    const { code, status, body } = data.attributes;
    const { value, error } = status;
    return {
      code,
      script: {
        status: value,
        body: body ?? null,
        error: error?.type === undefined ? null : { type: error.type, code: error.code ?? null },
        meta: data.meta ?? null,
      },
    };
  });
  return found === null ? null : { ...found, vehicleId };
}

/** What the recording program's webhook carried; null for any call that does not tell. */
export function webhookChoice(call: RecordedCall): WebhookChoice | null {
  if (!/\/webhooks$/.test(call.path)) return null;
  const [ours] = listed(call, (item) => webhook.safeParse(item).data?.attributes ?? null)?.items ?? [];
  if (ours === undefined) return null;
  const { isEnabled, autoSubscribe, triggers, data } = ours;
  const codes = (list: readonly { code: string }[]) => list.map(({ code }) => code);
  return { isEnabled, autoSubscribe, triggers: codes(triggers), data: codes(data) };
}

/** What went wrong with a recorded call, to strike the next one like it; null when nothing did. */
export function faultOf({ method, path, status, error, retry_after, body }: RecordedCall): FaultInput | null {
  const struck = { method, path };
  if (!path.startsWith("/") || path.length > 500 || error === GIVEN_UP) return null;
  if (status === null) return { kind: "drop", ...struck };
  if (status < 400) return null;
  if (status > 599 || body === null) return { kind: "html", ...struck, status: Math.min(status, 599) };
  const { type, code, form } = refusalOf(body);
  return {
    kind: "error",
    ...struck,
    status,
    form,
    code,
    ...(type === undefined ? {} : { type }),
    retryAfter: retry_after === null || !/^\d+$/.test(retry_after) ? retry_after : Number(retry_after),
  };
}

const refusal = z.looseObject({ type: text, code: text });

function refusalOf(body: JsonValue): {
  type: string | undefined;
  code: string | null;
  form: "list" | "flat" | "oauth";
} {
  const { data: login } = z.looseObject({ error: z.string() }).safeParse(body);
  if (login !== undefined) return { type: undefined, code: login.error, form: "oauth" };
  const { data: several } = z.looseObject({ errors: z.array(refusal).min(1) }).safeParse(body);
  const one = several?.errors[0] ?? refusal.safeParse(body).data;
  return { type: one?.type, code: one?.code ?? null, form: several === undefined ? "flat" : "list" };
}

function listed<T>({ method, status, body }: RecordedCall, read: (item: unknown) => T | null): Listed<T> | null {
  if (method !== "GET" || status !== 200) return null;
  const found = list.safeParse(body);
  if (!found.success) return null;
  const { data, meta } = found.data;
  const items = data.map(read).filter((item): item is Awaited<T> & T => item !== null);
  return { items, isWhole: (meta?.totalCount ?? data.length) <= data.length };
}

import { z } from "zod";

/**
 * Envelopes of Smartcar's answers. Only what must hold for the answer to make sense is demanded; unknown keys stay,
 * and items of lists are read one by one, so that a single bad one does not cost the page.
 */

const Count = z
  .union([z.number(), z.string().min(1).transform(Number)])
  .pipe(z.number().int().nonnegative())
  .optional()
  .catch(undefined);

/** V3 writes `pageNumber`, older documents `page`. */
const PageMeta = z
  .looseObject({ pageNumber: Count, page: Count, pageSize: Count, totalCount: Count })
  .optional()
  .catch(undefined);

const PageLinks = z
  .looseObject({
    next: z
      .union([z.string(), z.null(), z.looseObject({ href: z.string() })])
      .optional()
      .catch(undefined),
  })
  .optional()
  .catch(undefined);

export const Page = z.looseObject({ data: z.array(z.unknown()), meta: PageMeta, links: PageLinks });
export type Page = z.infer<typeof Page>;

const Text = z.string().min(1).optional().catch(undefined);
const OptionalText = z
  .string()
  .min(1)
  .nullish()
  .catch(null)
  .transform((text) => text ?? null);
const Year = z.coerce
  .number()
  .int()
  .min(1900)
  .max(2200)
  .nullish()
  .catch(null)
  .transform((year) => year ?? null);
const Reference = z
  .looseObject({ data: z.looseObject({ id: Text }).nullish().catch(undefined) })
  .nullish()
  .catch(undefined);

export const VehicleAttributes = z.looseObject({
  id: Text,
  make: OptionalText,
  model: OptionalText,
  year: Year,
  mode: OptionalText,
  powertrainType: OptionalText,
});

const NO_VEHICLE = { make: null, model: null, year: null, mode: null, powertrainType: null };

export const ConnectionItem = z.looseObject({
  id: Text,
  attributes: z
    .looseObject({
      permissions: z
        .array(z.unknown())
        .optional()
        .catch(undefined)
        .transform((list) => (list ?? []).filter((entry): entry is string => typeof entry === "string")),
      vehicle: VehicleAttributes.catch(NO_VEHICLE).default(NO_VEHICLE),
      user: z.looseObject({ id: Text }).nullish().catch(undefined),
    })
    .catch({ permissions: [], vehicle: NO_VEHICLE })
    .default({ permissions: [], vehicle: NO_VEHICLE }),
  relationships: z.looseObject({ vehicle: Reference, user: Reference }).nullish().catch(undefined),
});

const Flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((flag) => flag ?? null);
const Items = z.array(z.unknown()).catch([]).default([]);

export const WebhookItem = z.looseObject({
  id: z.string().min(1),
  attributes: z.looseObject({
    name: OptionalText,
    callbackUri: OptionalText,
    errorCallbackUri: OptionalText,
    isEnabled: Flag,
    autoSubscribe: Flag,
    triggers: Items,
    data: Items,
  }),
});

/** The types of the relationships are wrong in the docs' example; only the ids are read. */
export const SubscriptionItem = z.looseObject({
  id: z.string().min(1),
  relationships: z.looseObject({ webhook: Reference, vehicle: Reference, user: Reference }).nullish().catch(undefined),
});

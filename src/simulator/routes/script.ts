import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseJson } from "../../lib/json.ts";
import type { Controls } from "../controls.ts";
import { faultSchema } from "../fault.ts";
import { RefusedCall } from "../refusal.ts";
import {
  advanceSchema,
  carOptionsSchema,
  carPatchSchema,
  deliveriesSchema,
  limitsSchema,
  noBodySchema,
  signalRequestSchema,
  vehicleFaultSchema,
  verifySchema,
  webhookSchema,
} from "../script-schema.ts";

type Run<T> = (body: T, vehicleId: string) => unknown;

/** `/_sim/…`: the same things as the simulator's own methods, for scripts and other languages. */
export function scriptRoutes(app: FastifyInstance, simulator: Controls): void {
  const post = <T>(path: string, schema: z.ZodType<T>, run: Run<T>) =>
    app.post(`/_sim/${path}`, (request, reply) => answer(request, reply, schema, run));
  const get = (path: string, run: () => unknown) => app.get(`/_sim/${path}`, (_request, reply) => reply.send(run()));

  get("requests", () => simulator.requests());
  post("reset-requests", noBodySchema, () => simulator.resetRequests());

  get("faults", () => simulator.faults());
  post("faults", z.union([faultSchema, z.array(faultSchema).max(100)]), (faults) => ({
    ids: [faults].flat().map((fault) => simulator.addFault(fault)),
  }));
  post("faults/clear", noBodySchema, () => simulator.clearFaults());

  get("cars", () => simulator.cars());
  post("cars", carOptionsSchema, (options) => simulator.addCar(options));
  post("cars/:vehicleId", carPatchSchema, (patch, vehicleId) => simulator.patchCar(vehicleId, patch));
  app.delete<{ Params: { vehicleId: string } }>("/_sim/cars/:vehicleId", (request, reply) =>
    reply.send({ removed: simulator.removeCar(request.params.vehicleId) }),
  );
  post("cars/:vehicleId/signals", z.union([signalRequestSchema, z.array(signalRequestSchema)]), (wanted, vehicleId) => {
    for (const { code, deliver, release, ...script } of [wanted].flat()) {
      simulator.setSignal(vehicleId, code, release ? null : script, { deliver });
    }
  });
  post("cars/:vehicleId/errors", z.union([vehicleFaultSchema, z.array(vehicleFaultSchema)]), (faults, vehicleId) =>
    simulator.sendErrors(vehicleId, [faults].flat()),
  );

  get("webhook", () => simulator.webhooks());
  post("webhook", webhookSchema, (change) => simulator.setWebhook(change));
  post("verify", verifySchema, (request) => simulator.verify(request));
  get("deliveries", () => simulator.deliveries());
  post("deliver", deliveriesSchema, (request) => simulator.deliver(...("list" in request ? request.list : [request])));

  post("advance", advanceSchema, ({ seconds }) => simulator.advance(seconds));
  post("limits", limitsSchema, (limits) => simulator.setLimits(limits));
  post("revoke-tokens", noBodySchema, () => simulator.revokeTokens());
}

async function answer<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: z.ZodType<T>,
  run: Run<T>,
): Promise<FastifyReply> {
  const text = typeof request.body === "string" ? request.body : "";
  const json = text.trim() === "" ? null : parseJson(text);
  if (json === undefined) return reply.code(400).send({ error: "the body is not valid JSON" });
  const body = schema.safeParse(json);
  if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
  try {
    const { vehicleId = "" } = (request.params ?? {}) as { vehicleId?: string };
    return reply.send((await run(body.data, vehicleId)) ?? { ok: true });
  } catch (error) {
    if (!(error instanceof RefusedCall)) throw error;
    return reply.code(error.refusal.status).send({ error: error.refusal.detail });
  }
}

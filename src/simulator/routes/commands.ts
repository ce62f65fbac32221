import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Random } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Answer, Call } from "../call.ts";
import type { Car } from "../car.ts";
import type { Capability, Command } from "../command.ts";
import { commandRefusal } from "../command-refusal.ts";
import { COMMAND_TABLE, parametersOf } from "../command-table.ts";
import type { Exchange } from "../exchange.ts";
import type { Guard } from "../guard.ts";
import { randomUuid } from "../random-id.ts";
import { refuse } from "../refusal.ts";
import { SCHEDULE_ATTRIBUTES, type ScheduleType } from "../schedule.ts";

const CONTROL_CHARGE = "control_charge";
const SCHEDULE_CAPABILITY: Record<ScheduleType, Capability> = {
  daily: "schedule_daily",
  weekly: "schedule_weekly",
  workweek: "schedule_workweek",
};

export interface CommandRoutesOptions {
  readonly exchange: Exchange;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly random: Random;
  readonly perform: (car: Car, command: Command) => void;
}

export function commandRoutes(app: FastifyInstance, options: CommandRoutesOptions): void {
  const { exchange, guard } = options;
  for (const { path, permission, capability, read } of COMMAND_TABLE) {
    exchange.serve(
      app,
      "POST",
      `/v3/vehicles/:vehicleId/commands/${path}`,
      guard.api((call) => {
        const car = guard.ownedCar(call);
        const command = readAttributes(read, call);
        admit(guard, call, car, permission, capability);
        requireState(car, command);
        options.perform(car, command);
        return commandAnswer(options, command);
      }),
    );
  }
  for (const type of Object.keys(SCHEDULE_ATTRIBUTES) as ScheduleType[]) {
    exchange.serve(
      app,
      "POST",
      `/v3/vehicles/:vehicleId/charge-schedules/${type}`,
      guard.api((call) => {
        const car = guard.ownedCar(call);
        const draft = readAttributes(SCHEDULE_ATTRIBUTES[type], call);
        admit(guard, call, car, CONTROL_CHARGE, SCHEDULE_CAPABILITY[type]);
        const schedule = { ...draft, id: randomUuid(options.random) };
        car.scheduleIds.add(schedule.id);
        options.perform(car, { kind: "schedule-create", schedule });
        return scheduleAnswer(options, "create", type, schedule.id, (call.attributes() ?? {}) as JsonObject);
      }),
    );
  }
  exchange.serve(
    app,
    "DELETE",
    "/v3/vehicles/:vehicleId/charge-schedules/:scheduleId",
    guard.api((call) => {
      const car = guard.ownedCar(call);
      guard.bill(call, car);
      guard.requirePermission(car, CONTROL_CHARGE);
      const scheduleId = call.param("scheduleId");
      if (!car.scheduleIds.delete(scheduleId)) {
        throw refuse(404, "RESOURCE_NOT_FOUND", "SCHEDULE_NOT_FOUND", "The schedule was not found.");
      }
      options.perform(car, { kind: "schedule-delete", scheduleId });
      return scheduleAnswer(options, "delete", null, scheduleId, {});
    }),
  );
}

function readAttributes<T>(schema: z.ZodType<T>, call: Call): T {
  const parsed = schema.safeParse(call.attributes());
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = ["data", "attributes", ...(issue?.path ?? [])].join(".");
  throw refuse(400, "VALIDATION", "PARAMETER", `${place}: ${issue?.message ?? "is not valid"}`);
}

function admit(guard: Guard, call: Call, car: Car, permission: string, capability: Capability): void {
  guard.bill(call, car);
  guard.requirePermission(car, permission);
  if (!car.capabilities.has(capability)) {
    throw refuse(501, "COMPATIBILITY", "VEHICLE_NOT_CAPABLE", "The vehicle cannot carry out this command.");
  }
}

function requireState(car: Car, command: Command): void {
  const code = commandRefusal(command, (signal) => car.bodyOf(signal));
  if (code !== null) throw refuse(409, "VEHICLE_STATE", code, "The vehicle's state does not allow this command.");
}

function commandAnswer({ clock, random }: CommandRoutesOptions, command: Command): Answer {
  return {
    status: 200,
    body: {
      data: {
        id: randomUuid(random),
        type: "command-execution",
        attributes: {
          commandType: command.kind,
          status: { value: "SUCCESS" },
          executionMode: "sync",
          parameters: parametersOf(command),
        },
        meta: executionTimes(clock),
      },
    },
  };
}

function scheduleAnswer(
  { clock, random }: CommandRoutesOptions,
  action: "create" | "delete",
  scheduleType: ScheduleType | null,
  scheduleId: string,
  parameters: JsonObject,
): Answer {
  return {
    status: 200,
    body: {
      data: {
        id: randomUuid(random),
        type: "charge-schedule-execution",
        attributes: {
          action,
          ...(scheduleType === null ? {} : { scheduleType: scheduleType.toUpperCase() }),
          status: { value: "SUCCESS" },
          executionMode: "sync",
          scheduleId,
          parameters,
        },
        meta: executionTimes(clock),
      },
    },
  };
}

function executionTimes(clock: Clock): JsonObject {
  const at = new Date(clock.now()).toISOString();
  return { executedAt: at, completedAt: at, durationInSeconds: 0 };
}

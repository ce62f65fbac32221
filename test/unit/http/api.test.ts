import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../../src/commands/catalogue.ts";
import type { Execution } from "../../../src/commands/execution.ts";
import { type CommandRequest, NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import type { CarFacts } from "../../../src/http/car-view.ts";
import { AuditRow } from "../../../src/http/schema/commands.ts";
import { VehicleDetail, VehicleList } from "../../../src/http/schema/vehicles.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { observation } from "../../support/observations.ts";
import { apiBench, POLLING } from "./api-bench.ts";

const held = (code: string, body: JsonObject) => {
  const value = observation({ code: signalCode(code), body });
  return [value.code, { code: value.code, value, complaint: null, refused: null }] as const;
};

const STATE: VehicleState = {
  ...EMPTY_STATE,
  signals: new Map([
    held("tractionbattery-stateofcharge", { value: 61.5, unit: "percent" }),
    held("odometer-traveleddistance", { value: 1_000, unit: "km" }),
  ]),
};

function cars(units: CarFacts["units"] = "metric") {
  const facts: CarFacts = {
    vehicle: car(),
    state: STATE,
    units,
    stale: new Set(),
    accepts: () => false,
    webhookCarries: () => null,
    lockEcho: null,
    energyTotal: 12.3,
  };
  return {
    list: () => [car()],
    facts: () => facts,
    commands: () => [],
    polling: () => POLLING,
    history: (): readonly (readonly [number, number])[] => [[1_000, 100]],
    sessions: () => [],
  };
}

describe("the API", () => {
  it("describes itself with the schemas that it checks by", async () => {
    const { app } = apiBench();
    const document = (await app.inject("/api/openapi.json")).json();
    expect(document).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" } });
    expect(Object.keys(document.paths).sort()).toEqual([
      "/api/chain",
      "/api/check",
      "/api/commands",
      "/api/connect-link",
      "/api/recording",
      "/api/recording/file",
      "/api/recording/keep",
      "/api/recording/record",
      "/api/recording/stop",
      "/api/report",
      "/api/setup",
      "/api/traffic",
      "/api/vehicles",
      "/api/vehicles/{id}",
      "/api/vehicles/{id}/commands",
      "/api/vehicles/{id}/history",
      "/api/vehicles/{id}/sessions",
    ]);
    const order = document.paths["/api/vehicles/{id}/commands"].post;
    expect(order.requestBody.content["application/json"].schema.properties.command.enum).toEqual(Object.keys(COMMANDS));
    expect(order.parameters).toMatchObject([{ name: "id", in: "path", required: true }]);
    await app.close();
  });

  it("shows a car at a glance, and everything about it, in the form it promises", async () => {
    const { app } = apiBench({ cars: cars() });
    const list = VehicleList.parse((await app.inject("/api/vehicles")).json());
    expect(list.vehicles[0]?.readings.map(({ name }) => name)).toEqual(["battery", "odometer"]);
    const detail = VehicleDetail.parse((await app.inject(`/api/vehicles/${car().topic}`)).json());
    expect(detail.readings.find(({ name }) => name === "battery")).toMatchObject({
      value: 61.5,
      unit: "%",
      fresh: true,
    });
    expect(detail.readings.find(({ name }) => name === "energy_total")).toMatchObject({ value: 12.3, unit: "kWh" });
    expect(detail.signals.find(({ code }) => code === "tractionbattery-stateofcharge")?.verdict).toBe("here");
    const missing = detail.signals.find(({ code }) => code === "wheel-tires");
    expect(missing).toMatchObject({ verdict: "never", advice: expect.stringContaining("read_tires") });
    expect((await app.inject("/api/vehicles/nobody")).statusCode).toBe(404);
    await app.close();
  });

  it("gives history in the units of the configuration", async () => {
    const { app } = apiBench({ cars: cars("imperial") });
    const answer = await app.inject(`/api/vehicles/${car().id}/history?code=odometer-traveleddistance`);
    expect(answer.json()).toMatchObject({ unit: "mi", label: "Odometer", points: [[1_000, 62.1]] });
    const wrong = await app.inject(`/api/vehicles/${car().id}/history?code=x&from=yesterday`);
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json().message).toContain("from");
    await app.close();
  });

  it("hands commands on like MQTT does, and answers how they ended", async () => {
    const requests: CommandRequest[] = [];
    const execution = (request: CommandRequest, completedAt: number | null): Execution => ({
      key: 1,
      id: request.id,
      vehicleId: car().id,
      topic: request.topic,
      command: request.command,
      value: request.value,
      state: completedAt === null ? "sent" : "succeeded",
      confirmed: false,
      error: null,
      requestedAt: request.requestedAt,
      sentAt: request.requestedAt,
      completedAt,
      calls: 1,
      reply: NO_REPLY_ADDRESS,
    });
    let ends = true;
    const { app } = apiBench({
      orders: {
        vehicle: (name) => (name === car().topic ? car() : undefined),
        order: async (request) => {
          requests.push(request);
          return execution(request, ends ? request.requestedAt + 70 : null);
        },
        release: () => undefined,
        audit: () => [],
      },
    });
    const url = `/api/vehicles/${car().topic}/commands`;
    const done = await app.inject({ method: "POST", url, payload: { command: "lock", value: "LOCK", id: "mine" } });
    expect(done.statusCode).toBe(200);
    expect(AuditRow.parse(done.json())).toMatchObject({ id: "mine", status: "succeeded", duration_ms: 70 });
    expect(requests[0]).toMatchObject({ command: "lock", value: "LOCK", retained: false, topic: car().topic });
    ends = false;
    const under = await app.inject({ method: "POST", url, payload: { command: "refresh", value: "PRESS" } });
    expect(under.statusCode).toBe(202);
    expect(under.json()).toMatchObject({ status: "sent", completed_at: null });
    for (const payload of [
      { command: "explode", value: 1 },
      { command: "lock" },
      { command: "lock", value: 1, more: 1 },
    ]) {
      expect((await app.inject({ method: "POST", url, payload })).statusCode, JSON.stringify(payload)).toBe(400);
    }
    const unknown = await app.inject({
      method: "POST",
      url: "/api/vehicles/no/commands",
      payload: { command: "lock", value: "LOCK" },
    });
    expect(unknown.statusCode).toBe(404);
    expect(requests).toHaveLength(2);
    await app.close();
  });

  it("refuses Connect orders that make no sense", async () => {
    const { app } = apiBench();
    const post = (payload: object) => app.inject({ method: "POST", url: "/api/connect-link", payload });
    expect((await post({ make: "Volkswagen", country: "DE" })).json().url).toBe("https://connect.example/");
    for (const payload of [{ country: "Germany" }, { vin: "x" }, { redirect_uri: "https://evil.example" }]) {
      expect((await post(payload)).statusCode, JSON.stringify(payload)).toBe(400);
    }
    await app.close();
  });
});

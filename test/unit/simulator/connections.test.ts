import { describe, expect, test } from "vitest";
import { startSimulator } from "../../support/simulator-harness.ts";

const car = (n: number) => ({ vehicleId: `veh-${n}`, userId: `user-${n % 3}`, connectionId: `conn-${n}` });

describe("connections", () => {
  test("come in pages with links to the neighbours", async () => {
    const harness = await startSimulator({ cars: Array.from({ length: 23 }, (_, n) => car(n)) });
    const first = await harness.get("/v3/connections");
    expect(first.headers.get("sc-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(first.body.meta).toMatchObject({ pageNumber: 1, pageSize: 10, totalCount: 23 });
    expect(first.body.links.prev).toBeNull();

    const seen: string[] = [];
    for (let next: string | null = first.body.links.self; next !== null; ) {
      const page = await harness.get(next.slice(harness.simulator.url.length));
      seen.push(...page.body.data.map((connection: { id: string }) => connection.id));
      next = page.body.links.next;
    }
    expect(new Set(seen).size).toBe(23);
    const last = await harness.get("/v3/connections?page%5Bnumber%5D=3");
    expect(last.body.data).toHaveLength(3);
    expect(last.body.links.prev).toContain("page%5Bnumber%5D=2");
  });

  test("have the shape that Smartcar documents", async () => {
    const harness = await startSimulator({ cars: [{ ...car(1), externalId: "me", permissions: ["read_battery"] }] });
    const { body } = await harness.get("/v3/connections");
    expect(body.data[0]).toMatchObject({
      id: "conn-1",
      type: "connection",
      attributes: {
        permissions: ["read_battery"],
        vehicle: { make: "VOLKSWAGEN", model: "ID.4", year: 2023, mode: "live", powertrainType: "BEV" },
        user: { id: "user-1", externalId: "me" },
      },
      relationships: {
        vehicle: { data: { id: "veh-1", type: "vehicle" } },
        user: { data: { id: "user-1", type: "user" } },
      },
    });
  });

  test.each([
    ["filter[vehicleId]=veh-2", ["conn-2"]],
    ["filter[userId]=user-1", ["conn-1", "conn-4"]],
    ["filter[vehicle.mode]=simulated", ["conn-9"]],
    ["filter[vehicleId]=veh-9", []],
    ["filter[user.externalId]=nobody", []],
  ])("are filtered by %s", async (query, expected) => {
    const cars = [...[0, 1, 2, 3, 4].map(car), { ...car(9), mode: "simulated" as const }];
    const harness = await startSimulator({ cars });
    const { body } = await harness.get(`/v3/connections?${query}`);
    expect(body.data.map(({ id }: { id: string }) => id).sort()).toEqual(expected);
  });

  test("refuse a page that is no number", async () => {
    const harness = await startSimulator();
    const reply = await harness.get("/v3/connections?page[number]=zero");
    expect(reply.status).toBe(400);
    expect(reply.body.errors[0].type).toBe("VALIDATION");
  });

  test("lead to a vehicle, which is billed", async () => {
    const harness = await startSimulator({ cars: [{ ...car(1), powertrainType: null }] });
    const { body } = await harness.get("/v3/vehicles/veh-1");
    expect(body.data).toMatchObject({ id: "veh-1", type: "vehicle", attributes: { year: 2023, powertrainType: null } });
    expect(harness.simulator.cars()[0]?.callsUsed).toBe(1);
  });

  test("end with DELETE, and the car's data with them", async () => {
    const harness = await startSimulator({ cars: [car(1), car(2)] });
    expect((await harness.get("/v3/connections/conn-1")).body.data.id).toBe("conn-1");
    expect((await harness.send("DELETE", "/v3/connections/conn-1")).status).toBe(204);
    expect((await harness.get("/v3/connections/conn-1")).status).toBe(404);
    const gone = await harness.asOwner("GET", "veh-1", "/signals");
    expect(gone.body.errors[0]).toMatchObject({ type: "RESOURCE_NOT_FOUND", code: "VEHICLE_NOT_FOUND" });
    expect((await harness.get("/v3/connections")).body.meta.totalCount).toBe(1);
  });

  test("end for all cars of a deleted user", async () => {
    const harness = await startSimulator({ cars: [0, 1, 2, 3].map(car) });
    expect((await harness.send("DELETE", "/v3/users/user-0")).status).toBe(204);
    expect((await harness.send("DELETE", "/v3/users/user-0")).status).toBe(404);
    expect((await harness.get("/v3/connections")).body.meta.totalCount).toBe(2);
  });

  test("ask for a token, also on unknown paths below /v3", async () => {
    const harness = await startSimulator();
    expect((await harness.send("GET", "/v3/connections", { token: "made-up" })).status).toBe(401);
    expect((await harness.send("GET", "/v3/nowhere", { token: "" })).status).toBe(401);
    const unknown = await harness.get("/v3/vehicles/veh-1/battery");
    expect(unknown.status).toBe(404);
    expect(unknown.body.errors[0]).toMatchObject({ type: "RESOURCE_NOT_FOUND", code: "INVALID_PATH" });
    expect((await harness.send("GET", "/nowhere", { token: "" })).status).toBe(404);
  });
});

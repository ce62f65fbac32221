import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { failureOf, gatewayTo, type Reply, ScriptedServer, TOKEN } from "./support.ts";

const CONNECTIONS = "GET /v3/connections";
let server: ScriptedServer;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  server = await new ScriptedServer().start();
  server.on("POST /oauth2/token", { body: TOKEN });
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await server.stop();
});

function setup(options: Parameters<typeof gatewayTo>[1] = {}) {
  const made = gatewayTo(server, options);
  stops.push(() => made.gateway.stop());
  return made;
}

const connection = (vehicle: unknown, user: unknown, more: object = {}) => ({
  id: `conn-${vehicle}`,
  attributes: {
    permissions: ["read_battery", 5, "control_ignition"],
    vehicle: { make: "POLESTAR", model: "2", year: 2022, mode: "live", powertrainType: null },
  },
  relationships: { vehicle: { data: { id: vehicle } }, user: { data: { id: user } } },
  ...more,
});

const v3Error = (status: number, type: string, code: string | null): Reply => ({
  status,
  headers: { "sc-request-id": "req-1" },
  body: { errors: [{ status: String(status), type, code, detail: "because" }] },
});

describe("listConnections", () => {
  it("reads every field, asks for large pages and names no user", async () => {
    server.on(CONNECTIONS, { body: { data: [connection("veh-1", "user-1")], links: { next: null } } });
    expect(await setup().gateway.listConnections()).toEqual([
      {
        vehicleId: "veh-1",
        userId: "user-1",
        make: "POLESTAR",
        model: "2",
        year: 2022,
        powertrain: null,
        mode: "live",
        permissions: ["read_battery", "control_ignition"],
      },
    ]);
    const [, request] = server.requests;
    expect(request?.headers["authorization"]).toBe(`Bearer ${TOKEN.access_token}`);
    expect(request?.headers["sc-user-id"]).toBeUndefined();
    expect(Object.fromEntries(request?.query ?? [])).toEqual({ "page[number]": "1", "page[size]": "100" });
  });

  it("sees simulated cars only when it asks for them", async () => {
    server.on(CONNECTIONS, { body: { data: [] } });
    await setup({ mode: "simulated" }).gateway.listConnections();
    expect(server.requests[1]?.query.get("filter[vehicle.mode]")).toBe("simulated");
  });

  it("takes the user id from the attributes where the relationships have none", async () => {
    const item = {
      attributes: { user: { id: "user-2" } },
      relationships: { vehicle: { data: { id: "veh-2" } } },
    };
    server.on(CONNECTIONS, { body: { data: [item] } });
    expect(await setup().gateway.listConnections()).toMatchObject([
      { vehicleId: "veh-2", userId: "user-2", make: null, year: null, permissions: [] },
    ]);
  });

  it("skips entries without a car or a user and says how many", async () => {
    const data = [
      connection(undefined, "user-1"),
      connection("veh-2", undefined),
      connection("a/b", "user-1"),
      "odd",
      null,
      connection("veh-1", "user-1", { attributes: "odd" }),
    ];
    server.on(CONNECTIONS, { body: { data } });
    const { gateway, lines } = setup();
    expect(await gateway.listConnections()).toMatchObject([{ vehicleId: "veh-1", permissions: [] }]);
    expect(lines.filter(({ level }) => level === "warn")).toMatchObject([{ fields: { skipped: 5 } }]);
  });

  it("keeps one car of two users twice, but the same entry once", async () => {
    const data = [connection("veh-1", "user-1"), connection("veh-1", "user-2"), connection("veh-1", "user-1")];
    server.on(CONNECTIONS, { body: { data } });
    expect((await setup().gateway.listConnections()).map(({ userId }) => userId)).toEqual(["user-1", "user-2"]);
  });

  describe("pages", () => {
    /** Answers page after page, each with one car, and whatever the test says about the next. */
    function pages(count: number, envelope: (page: number) => object) {
      let page = 0;
      server.on(CONNECTIONS, () => {
        page++;
        const data = page > count ? [] : [connection(`veh-${page}`, "user-1")];
        return { body: { data, ...envelope(page) } };
      });
    }
    const ids = async () => (await setup().gateway.listConnections()).map(({ vehicleId }) => vehicleId);

    it.each([
      ["an absolute link", () => `${server.url}/v3/connections?page[number]=2`],
      ["a relative link", () => "/v3/connections?page=2&pageSize=10"],
      ["a link object", () => ({ href: "/v3/connections?page=2" })],
    ])("follow %s", async (_name, next) => {
      pages(2, (page) => ({ links: { next: page === 1 ? next() : null, previous: null } }));
      expect(await ids()).toEqual(["veh-1", "veh-2"]);
    });

    it.each([
      ["pageNumber", (page: number) => ({ meta: { pageNumber: page, pageSize: 1, totalCount: 3 } })],
      ["page", (page: number) => ({ meta: { page: page, pageSize: 1, totalCount: 3 } })],
      ["a total alone", () => ({ meta: { totalCount: "3" }, links: { self: "x" } })],
    ])("are counted by %s where there are no links", async (_name, envelope) => {
      pages(3, envelope);
      expect(await ids()).toEqual(["veh-1", "veh-2", "veh-3"]);
      expect(server.requests.slice(1).map(({ query }) => query.get("page[number]"))).toEqual(["1", "2", "3"]);
    });

    it("end at an empty one, whatever it promises", async () => {
      pages(1, (page) => ({ links: { next: `?page=${page + 1}` }, meta: { totalCount: 1_000 } }));
      expect(await ids()).toEqual(["veh-1"]);
    });

    it("end when they go in circles, and after a hundred", async () => {
      pages(1_000, () => ({ links: { next: "?again" } }));
      expect(await ids()).toEqual(["veh-1", "veh-2"]);
      pages(1_000, (page) => ({ links: { next: `?page=${page + 1}` } }));
      expect(await ids()).toHaveLength(100);
    });

    it("on another host are not followed: the token stays here", async () => {
      const stranger = await new ScriptedServer().start();
      pages(1, () => ({ links: { next: `${stranger.url}/v3/connections?page=2` } }));
      expect(await ids()).toEqual(["veh-1"]);
      expect(stranger.requests).toEqual([]);
      await stranger.stop();
    });

    it("are all or nothing: a failing one fails the list", async () => {
      server.on(
        CONNECTIONS,
        { body: { data: [connection("veh-1", "user-1")], links: { next: "?page=2" } } },
        v3Error(500, "SERVER", "INTERNAL"),
      );
      expect(await failureOf(ids(), CallError)).toMatchObject({ code: "SC_SERVER" });
    });
  });

  it.each(["<html>", "", "[]", "null", '{"data":{}}', "{}"])("does not take %j for a list", async (body) => {
    server.on(CONNECTIONS, { headers: { "sc-request-id": "req-9" }, body });
    expect(await failureOf(setup().gateway.listConnections(), CallError)).toMatchObject({
      code: "SC_MALFORMED",
      requestId: "req-9",
      status: 200,
    });
  });
});

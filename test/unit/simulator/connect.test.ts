import { describe, expect, test } from "vitest";
import { startCallback } from "../../support/simulator-callback.ts";
import { type SimulatorHarness, startSimulator } from "../../support/simulator-harness.ts";

const APPLICATION = "3e8a1f5d-9c2b-4d6e-a444-000000000001";
const CARS = [
  { vehicleId: "veh-1", userId: "user-1", connectionId: "conn-1", make: "VOLVO", model: '<b>"XC60"' },
  { vehicleId: "veh-2", userId: "user-2", make: "TOYOTA" },
  { vehicleId: "veh-3", userId: "user-3", mode: "simulated" as const },
];

const request = (parameters: Record<string, string>) =>
  new URLSearchParams({
    response_type: "none",
    application_id: APPLICATION,
    redirect_uri: "http://127.0.0.1:9/connect/callback?kept=1",
    state: "s&1",
    ...parameters,
  }).toString();

function links(html: string): { allow: string[]; decline: string } {
  const found = (name: string) =>
    [...html.matchAll(new RegExp(`class="${name}"[^>]*href="([^"]*)"`, "g"))].map(([, href = ""]) =>
      href.replaceAll("&amp;", "&"),
    );
  return { allow: found("allow"), decline: found("decline")[0] ?? "" };
}

async function follow(harness: SimulatorHarness, path: string): Promise<URL> {
  const reply = await harness.get(path);
  expect(reply.status).toBe(302);
  return new URL(reply.headers.get("location") ?? "");
}

describe("Connect", () => {
  test("lists the cars of the mode, escaped", async () => {
    const harness = await startSimulator({ cars: CARS });
    const { status, body, headers } = await harness.get(`/oauth/authorize?${request({})}`);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("text/html");
    expect(links(body).allow).toHaveLength(2);
    expect(body).toContain("&lt;b&gt;&quot;XC60&quot;");
    expect(body).not.toContain("<b>");
    const simulated = await harness.get(`/oauth/authorize?${request({ mode: "simulated" })}`);
    expect(links(simulated.body).allow).toHaveLength(1);
    const volvo = await harness.get(`/oauth/authorize?${request({ make: "volvo" })}`);
    expect(links(volvo.body).allow).toHaveLength(1);
  });

  test("sends the browser back with the user's id and the state", async () => {
    const harness = await startSimulator({ cars: CARS });
    const page = await harness.get(`/oauth/authorize?${request({ external_id: "me" })}`);
    const target = await follow(harness, links(page.body).allow[0] ?? "");
    expect(Object.fromEntries(target.searchParams)).toEqual({
      kept: "1",
      user_id: "user-1",
      state: "s&1",
      external_id: "me",
    });
  });

  test("sends back access_denied when declined", async () => {
    const harness = await startSimulator({ cars: CARS });
    const page = await harness.get(`/oauth/authorize?${request({})}`);
    const target = await follow(harness, links(page.body).decline);
    expect(target.searchParams.get("error")).toBe("access_denied");
    expect(target.searchParams.get("error_description")).not.toBeNull();
    expect(target.searchParams.get("state")).toBe("s&1");
  });

  test.each([
    { redirect_uri: "javascript:alert(1)" },
    { redirect_uri: "nonsense" },
    { application_id: "client_wrong" },
  ])("refuses %j without redirecting", async (parameters) => {
    const harness = await startSimulator({ cars: CARS });
    for (const path of ["authorize", "authorize/decision", "reauthenticate"]) {
      expect((await harness.get(`/oauth/${path}?${request(parameters)}`)).status).toBe(400);
    }
  });

  test("connects a car again, with the scope that was asked for", async () => {
    const harness = await startSimulator({ cars: CARS });
    await harness.send("DELETE", "/v3/connections/conn-1");
    const query = request({ scope: "required:read_vin control_charge" });
    const page = await harness.get(`/oauth/authorize?${query}`);
    await follow(harness, links(page.body).allow[0] ?? "");
    const { body } = await harness.get("/v3/connections?filter[vehicleId]=veh-1");
    expect(body.data[0].attributes.permissions).toEqual(["read_vin", "control_charge"]);
  });

  test("gives a car that signed in again a new connection id and tells that the fault is over", async () => {
    const callback = await startCallback();
    const harness = await startSimulator({ cars: CARS });
    await harness.simulator.setWebhook({ callbackUrl: callback.url, subscribe: ["veh-1"] });
    const query = request({ response_type: "vehicle_id", vehicle_id: "veh-1" });
    const page = await harness.get(`/oauth/reauthenticate?${query}`);
    expect(links(page.body).allow).toHaveLength(1);
    const target = await follow(harness, links(page.body).allow[0] ?? "");
    expect(target.searchParams.get("vehicle_id")).toBe("veh-1");
    await callback.arrived(1);
    expect(callback.last?.body.data.errors).toMatchObject([{ code: "AUTHENTICATION_FAILED", state: "RESOLVED" }]);
    const { body } = await harness.get("/v3/connections?filter[vehicleId]=veh-1");
    expect(body.data[0].id).not.toBe("conn-1");
  });
});

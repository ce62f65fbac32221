import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import { startSimulator } from "../../support/simulator-harness.ts";

const CREDENTIALS = {
  grant_type: "client_credentials",
  client_id: "client_simulator",
  client_secret: "simulator-secret",
};

describe("the token endpoint", () => {
  test.each([
    ["form", new URLSearchParams(CREDENTIALS)],
    ["JSON", CREDENTIALS],
  ])("takes a %s body", async (_form, body) => {
    const harness = await startSimulator({ tokenLifetimeS: 1_200 });
    const reply = await harness.send("POST", "/oauth2/token", { body, token: "" });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ access_token: expect.any(String), token_type: "Bearer", expires_in: 1_200 });
    expect((await harness.send("GET", "/v3/connections", { token: reply.body.access_token })).status).toBe(200);
  });

  test.each([
    [{ ...CREDENTIALS, client_secret: "wrong" }, 401, "invalid_client"],
    [{ ...CREDENTIALS, client_id: "someone" }, 401, "invalid_client"],
    [{ grant_type: "client_credentials" }, 400, "invalid_request"],
    [{ client_id: "client_simulator", client_secret: "simulator-secret" }, 400, "invalid_request"],
    [{ ...CREDENTIALS, grant_type: "password" }, 400, "unsupported_grant_type"],
  ])("refuses %j in the OAuth vocabulary", async (body, status, error) => {
    const harness = await startSimulator();
    const reply = await harness.send("POST", "/oauth2/token", { body, token: "" });
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual({ error, error_description: expect.any(String) });
  });

  test("answers broken JSON as an invalid request", async () => {
    const harness = await startSimulator();
    const reply = await fetch(`${harness.simulator.url}/oauth2/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{",
    });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: "invalid_request" });
  });

  test("lets several tokens live side by side until each expires", async () => {
    const harness = await startSimulator({ tokenLifetimeS: 60 });
    await harness.clock.advance(seconds(40));
    const second = await harness.send("POST", "/oauth2/token", { body: CREDENTIALS, token: "" });
    expect((await harness.get("/v3/connections")).status).toBe(200);
    await harness.clock.advance(seconds(20));
    const expired = await harness.get("/v3/connections");
    expect(expired.status).toBe(401);
    expect(expired.body.errors[0]).toMatchObject({ status: "401", type: "AUTHENTICATION", code: "UNAUTHORIZED" });
    expect((await harness.send("GET", "/v3/connections", { token: second.body.access_token })).status).toBe(200);
  });

  test("revokes all tokens when told to", async () => {
    const harness = await startSimulator();
    harness.simulator.revokeTokens();
    expect((await harness.get("/v3/connections")).status).toBe(401);
    await harness.renewToken();
    expect((await harness.get("/v3/connections")).status).toBe(200);
  });

  test("keeps the secret out of the list of requests", async () => {
    const harness = await startSimulator();
    expect(JSON.stringify(harness.simulator.requests())).not.toContain("simulator-secret");
  });
});

import { describe, expect, it } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import { apiBench } from "./api-bench.ts";

const basic = (password: string, user = "anybody") => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

describe("the password", () => {
  it("is not asked for when there is none", async () => {
    const { app } = apiBench();
    expect((await app.inject("/api/chain")).statusCode).toBe(200);
    expect((await app.inject("/api/access")).json()).toEqual({ password: false, allowed: true });
    await app.close();
  });

  it("protects page and API, by HTTP Basic with any user name", async () => {
    const { app } = apiBench({ password: "open: sesame" });
    for (const url of ["/", "/api/chain", "/api/events", "/api/openapi.json", "/api/vehicles/x/commands"]) {
      const answer = await app.inject(url);
      expect(answer.statusCode, url).toBe(401);
      expect(answer.headers["www-authenticate"], url).toContain("Basic");
    }
    for (const user of ["admin", "", "someone else"]) {
      const headers = { authorization: basic("open: sesame", user) };
      expect((await app.inject({ url: "/api/chain", headers })).statusCode, user).toBe(200);
    }
    const wrong = await app.inject({ url: "/api/chain", headers: { authorization: basic("open") } });
    expect(wrong.statusCode).toBe(401);
    await app.close();
  });

  it("is asked for by the page itself, without a window of the browser", async () => {
    const { app } = apiBench({ password: "sesame" });
    for (const headers of [{ accept: "text/html" }, { accept: "text/event-stream" }, { "x-requested-with": "page" }]) {
      const answer = await app.inject({ url: "/api/chain", headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toBeUndefined();
    }
    await app.close();
  });

  it("opens a session that ends when it is left", async () => {
    const { app } = apiBench({ password: "sesame" });
    const login = (password: string) => app.inject({ method: "POST", url: "/api/login", payload: { password } });
    expect((await login("nonsense")).statusCode).toBe(401);
    const cookie = String((await login("sesame")).headers["set-cookie"]);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const headers = { cookie: cookie.split(";", 1)[0] ?? "" };
    expect((await app.inject({ url: "/api/chain", headers })).statusCode).toBe(200);
    expect((await app.inject({ url: "/api/access", headers })).json()).toEqual({ password: true, allowed: true });
    await app.inject({ method: "POST", url: "/api/logout", headers });
    expect((await app.inject({ url: "/api/chain", headers })).statusCode).toBe(401);
    await app.close();
  });

  it("cannot be guessed quickly", async () => {
    const { app, clock } = apiBench({ password: "sesame" });
    const guess = (password: string) =>
      app
        .inject({ url: "/api/chain", headers: { authorization: basic(password) } })
        .then(({ statusCode }) => statusCode);
    const answers = [];
    for (let i = 0; i < 11; i++) answers.push(await guess(`guess ${i}`));
    expect(answers.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(answers[10]).toBe(429);
    // Not even the right one, or guessing would go on.
    expect(await guess("sesame")).toBe(429);
    await clock.advance(seconds(6));
    expect(await guess("sesame")).toBe(200);
    await app.close();
  });
});

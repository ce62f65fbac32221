import { describe, expect, it } from "vitest";
import type { RecordingView } from "../../../src/http/routes/recording.ts";
import { Recording } from "../../../src/http/schema/recording.ts";
import { apiBench } from "./api-bench.ts";

const LIMITS = { minutes: 60, bytes: 1_000 };

function bench() {
  const asked: unknown[] = [];
  const files = new Map<string, string>();
  const recording: RecordingView = {
    recording: () => ({ kept: null, recorded: null, limits: LIMITS }),
    keep: (minutes) => asked.push(["keep", minutes]),
    record: (minutes) => asked.push(["record", minutes]),
    finish: () => asked.push(["finish"]),
    file: (of) => files.get(of) ?? null,
  };
  const { app } = apiBench({ recording });
  const post = async (path: string, payload: object = {}) =>
    await app.inject({ method: "POST", url: `/api/recording/${path}`, payload });
  return { app, asked, files, post };
}

describe("the flight recorder's routes", () => {
  it("switch it, and answer how it stands", async () => {
    const { app, asked, post } = bench();
    for (const answer of [
      await app.inject("/api/recording"),
      await post("keep", { minutes: 30 }),
      await post("keep", { minutes: 0 }),
      await post("record", { minutes: 60 }),
      await post("stop"),
    ]) {
      expect(answer.statusCode).toBe(200);
      expect(Recording.parse(answer.json())).toEqual({ kept: null, recorded: null, limits: LIMITS });
    }
    expect(asked).toEqual([["keep", 30], ["keep", 0], ["record", 60], ["finish"]]);
  });

  it("refuse what makes no sense", async () => {
    const { asked, post } = bench();
    for (const [path, payload] of [
      ["keep", {}],
      ["keep", { minutes: -1 }],
      ["keep", { minutes: 61 }],
      ["keep", { minutes: 1, more: 1 }],
      ["record", { minutes: 0 }],
      ["record", { minutes: 1.5 }],
      ["record", { minutes: "10" }],
    ] as const) {
      expect((await post(path, payload)).statusCode, `${path} ${JSON.stringify(payload)}`).toBe(400);
    }
    expect(asked).toEqual([]);
  });

  it("hand the file out under a name with its time, once there is one", async () => {
    const { app, files } = bench();
    const url = "/api/recording/file?of=recorded";
    const none = await app.inject(url);
    expect([none.statusCode, none.json().message]).toEqual([404, "there is no recording that has ended"]);
    files.set("recorded", '{"format":"x"}\n');
    const file = await app.inject(url);
    expect(file.body).toBe('{"format":"x"}\n');
    expect(file.headers).toMatchObject({
      "content-type": expect.stringContaining("application/x-ndjson"),
      "content-disposition": 'attachment; filename="smartcar2mqtt-recording-20261121T120000Z.txt"',
    });
    expect((await app.inject("/api/recording/file?of=else")).statusCode).toBe(400);
    expect((await app.inject("/api/recording/file")).statusCode).toBe(400);
  });

  it("are described", async () => {
    const { app } = bench();
    const { paths } = (await app.inject("/api/openapi.json")).json();
    const { parameters, responses } = paths["/api/recording/file"].get;
    expect(parameters).toMatchObject([
      { name: "of", in: "query", required: true, schema: { enum: ["kept", "recorded"] } },
    ]);
    expect(responses["200"].content).toEqual({ "application/x-ndjson": { schema: { type: "string" } } });
    expect(responses.default.content["application/json"]).toBeDefined();
  });
});

import { describe, expect, it } from "vitest";
import { SMARTCAR_ERRORS, type SmartcarErrorCode } from "../../../src/smartcar/error-catalogue.ts";
import { answerError, type FailedAnswer, networkError } from "../../../src/smartcar/errors.ts";
import { TAXONOMY } from "../../../src/smartcar/taxonomy.ts";

const NOW = Date.UTC(2026, 5, 1);
const context = { now: NOW, random: () => 0 };

function answer(status: number, body: unknown, headers: Record<string, string> = {}): FailedAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, header: (name) => headers[name], text };
}

function v3(status: number, type: string, code: string | null, more: object = {}): FailedAnswer {
  return answer(status, { errors: [{ status: String(status), type, code, title: "t", detail: "d", ...more }] });
}

/** Fact sheet 11.2, row by row: status, type, codes → our code, disposition, scope. */
const ROWS: [number, string, (string | null)[], SmartcarErrorCode, string, string][] = [
  [
    400,
    "VALIDATION",
    [null, "PARAMETER", "INVALID_INPUT_FORMAT", "MISSING_PARAMETER"],
    "SC_VALIDATION",
    "give-up",
    "vehicle",
  ],
  [400, "CONNECTED_SERVICES_ACCOUNT", ["AUTHENTICATION_FAILED"], "SC_REAUTHORISE", "re-authorise", "vehicle"],
  [400, "CONNECTED_SERVICES_ACCOUNT", ["PERMISSION"], "SC_REAUTHORISE", "re-authorise", "vehicle"],
  [
    400,
    "CONNECTED_SERVICES_ACCOUNT",
    ["ACCOUNT_ISSUE", "SUBSCRIPTION", "NO_VEHICLES", "VEHICLE_MISSING"],
    "SC_ACCOUNT",
    "re-authorise",
    "vehicle",
  ],
  [400, "CONNECTED_SERVICES_ACCOUNT", ["VIRTUAL_KEY_REQUIRED"], "SC_VIRTUAL_KEY", "re-authorise", "vehicle"],
  [401, "AUTHENTICATION", [null, "UNAUTHORIZED"], "SC_AUTH", "fix-config", "application"],
  [403, "AUTHENTICATION", ["ACCESS_DENIED", null], "SC_ACCESS_DENIED", "fix-config", "vehicle"],
  [403, "PERMISSION", [null, "UNKNOWN", "PERMISSION_DENIED"], "SC_PERMISSION", "re-authorise", "vehicle"],
  [404, "RESOURCE_NOT_FOUND", ["PATH", "INVALID_PATH", "VERSION"], "SC_INVALID_PATH", "bug", "vehicle"],
  [404, "RESOURCE_NOT_FOUND", ["VEHICLE_NOT_FOUND", "SIGNAL_NOT_FOUND"], "SC_NOT_FOUND", "retry", "vehicle"],
  [
    409,
    "VEHICLE_STATE",
    ["ASLEEP", "UNREACHABLE", "REMOTE_ACCESS_DISABLED", "VEHICLE_OFFLINE_FOR_SERVICE", "UNKNOWN"],
    "SC_VEHICLE_OFFLINE",
    "retry",
    "vehicle",
  ],
  [
    409,
    "VEHICLE_STATE",
    ["CHARGING_IN_PROGRESS", "CHARGING_PLUG_NOT_CONNECTED", "NOT_CHARGING", "FULLY_CHARGED", "CHARGE_FAULT"],
    "SC_VEHICLE_STATE",
    "give-up",
    "vehicle",
  ],
  [
    409,
    "VEHICLE_STATE",
    ["DOOR_OPEN", "HOOD_OPEN", "TRUNK_OPEN", "IGNITION_ON", "IN_MOTION"],
    "SC_VEHICLE_STATE",
    "give-up",
    "vehicle",
  ],
  [429, "RATE_LIMIT", ["VEHICLE"], "SC_RATE_LIMITED", "wait", "vehicle"],
  [429, "RATE_LIMIT", ["SMARTCAR_API"], "SC_RATE_LIMITED", "wait", "application"],
  [430, "BILLING", ["VEHICLE_REQUEST_LIMIT", "VEHICLE_LIMIT", "INVALID_PLAN"], "SC_BILLING", "wait", "billing"],
  [430, "BILLING", ["ACCOUNT_SUSPENDED"], "SC_ACCOUNT_SUSPENDED", "fix-config", "billing"],
  [500, "SERVER", ["INTERNAL", null], "SC_SERVER", "retry", "vehicle"],
  [500, "SERVER", ["MULTIPLE_RECORDS_FOUND", "RECORD_NOT_FOUND"], "SC_SERVER_RECORD", "retry", "vehicle"],
  [
    501,
    "COMPATIBILITY",
    ["VEHICLE_NOT_CAPABLE", "SMARTCAR_NOT_CAPABLE", "MAKE_NOT_COMPATIBLE"],
    "SC_NOT_CAPABLE",
    "give-up",
    "vehicle",
  ],
  [501, "COMPATIBILITY", ["PLATFORM_NOT_CAPABLE"], "SC_PLATFORM_NOT_CAPABLE", "re-authorise", "vehicle"],
  [502, "UPSTREAM", ["NO_RESPONSE", "INVALID_DATA", "KNOWN_ISSUE", "UNKNOWN_ISSUE"], "SC_UPSTREAM", "retry", "vehicle"],
  [502, "UPSTREAM", ["RATE_LIMIT"], "SC_UPSTREAM_RATE_LIMITED", "wait", "vehicle"],
  // Without a type the status decides.
  [400, "", [null], "SC_VALIDATION", "give-up", "vehicle"],
  [401, "", [null], "SC_AUTH", "fix-config", "application"],
  [404, "NEW_TYPE", ["NEW_CODE"], "SC_NOT_FOUND", "retry", "vehicle"],
  [418, "", [null], "SC_REFUSED", "give-up", "vehicle"],
  [429, "", [null], "SC_RATE_LIMITED", "wait", "application"],
  [430, "", [null], "SC_BILLING", "wait", "billing"],
  [503, "", [null], "SC_SERVER", "retry", "vehicle"],
  [504, "NEW_TYPE", ["REAUTHENTICATE"], "SC_SERVER", "retry", "vehicle"],
];

describe("the taxonomy", () => {
  it.each(
    ROWS.flatMap(([status, type, codes, ...rest]) => codes.map((code) => [status, type, code, ...rest] as const)),
  )("%i %s %s → %s", (status, type, code, expected, disposition, scope) => {
    const error = answerError(v3(status, type, code), context);
    expect(error).toMatchObject({ code: expected, disposition, scope, status });
    expect(error.hint).toBe(SMARTCAR_ERRORS[expected].hint);
  });

  it("is covered: every row of it is the answer to a row above", () => {
    const reached = new Set(ROWS.map(([, , , code]) => code));
    expect(TAXONOMY.filter((row) => !reached.has(row.error))).toEqual([]);
  });

  it("never calls a 5xx of unknown type the owner's business, whatever it advises", () => {
    const error = answerError(v3(500, "SERVER", "INTERNAL", { resolution: { type: "REAUTHENTICATE" } }), context);
    expect(error).toMatchObject({ disposition: "retry", action: "REAUTHENTICATE" });
  });
});

describe("waiting times", () => {
  const limited = (headers: Record<string, string>, code = "VEHICLE") =>
    answerError(answer(429, { type: "RATE_LIMIT", code, statusCode: 429 }, headers), context).retryAt;

  it("obeys retry-after in seconds and as a date", () => {
    expect(limited({ "retry-after": "77" })).toBe(NOW + 77_000);
    expect(limited({ "retry-after": "Mon, 01 Jun 2026 00:02:00 GMT" })).toBe(NOW + 120_000);
  });

  it("backs off by itself when no time is named, longer each time", () => {
    expect(limited({}, "SMARTCAR_API")).toBe(NOW + 60_000);
    const third = answerError(v3(429, "RATE_LIMIT", "SMARTCAR_API"), { ...context, limitsInRow: 3 });
    expect(third.retryAt).toBe(NOW + 240_000);
  });

  it("leaves the maker's own limit alone for an hour at least", () => {
    const retryAtFor = (seconds: string) =>
      answerError(answer(502, { type: "UPSTREAM", code: "RATE_LIMIT" }, { "retry-after": seconds }), context).retryAt;
    expect(retryAtFor("5")).toBe(NOW + 3_600_000);
    expect(retryAtFor("7200")).toBe(NOW + 7_200_000);
  });

  it("does not guess when the month turns", () => {
    expect(answerError(v3(430, "BILLING", "VEHICLE_REQUEST_LIMIT"), context).retryAt).toBeNull();
  });
});

describe("error forms", () => {
  it("reads the V3 list", () => {
    const body = {
      errors: [
        {
          status: "404",
          type: "RESOURCE_NOT_FOUND",
          code: "VEHICLE_NOT_FOUND",
          title: "Not found",
          detail: "No such car",
          resolution: { type: "CONTACT_SUPPORT" },
          suggestedUserMessage: "Ask for help",
          meta: { debug: { requestId: "req-body" } },
        },
      ],
    };
    expect(answerError(answer(404, body, { "sc-request-id": "req-header" }), context)).toMatchObject({
      message: "No such car",
      type: "RESOURCE_NOT_FOUND",
      smartcarCode: "VEHICLE_NOT_FOUND",
      action: "CONTACT_SUPPORT",
      ownerMessage: "Ask for help",
      requestId: "req-body",
    });
  });

  it("reads the V2 flat form, whose detail is a list", () => {
    const body = {
      type: "CONNECTED_SERVICES_ACCOUNT",
      code: "AUTHENTICATION_FAILED",
      description: "Sign in again",
      detail: [{ field: "x" }],
      statusCode: 400,
      requestId: "req-2",
      resolution: { type: "REAUTHENTICATE", url: "https://connect.smartcar.com/oauth/reauthenticate?vehicle_id=1" },
    };
    expect(answerError(answer(400, body), context)).toMatchObject({
      message: "Sign in again",
      requestId: "req-2",
      action: "REAUTHENTICATE",
      url: "https://connect.smartcar.com/oauth/reauthenticate?vehicle_id=1",
    });
  });

  it("reads the wrapped form, with a status of its own under a 202", () => {
    const body = { error: { type: "VEHICLE_STATE", code: "ASLEEP", description: "Asleep", statusCode: 409 } };
    expect(answerError(answer(202, body), context)).toMatchObject({ code: "SC_VEHICLE_OFFLINE", status: 409 });
  });

  it("reads the OAuth form", () => {
    const body = { error: "invalid_token", error_description: "expired" };
    expect(answerError(answer(401, body), context)).toMatchObject({
      code: "SC_AUTH",
      smartcarCode: "invalid_token",
      message: "expired",
    });
  });

  it.each(["<html><body>502 Bad Gateway</body></html>", "", "[]", "null", '{"errors":[]}', '{"errors":'])(
    "makes do with a body that says nothing: %j",
    (text) => {
      const error = answerError(answer(502, text, { "sc-request-id": "req-3" }), context);
      expect(error).toMatchObject({ code: "SC_SERVER", status: 502, type: null, requestId: "req-3" });
      expect(error.message).not.toContain("<");
    },
  );

  it("takes a gateway's plain message", () => {
    expect(answerError(answer(403, { message: "Forbidden" }), context).message).toBe("Forbidden");
  });

  it.each([
    [{ type: "REAUTHENTICATE" }, "REAUTHENTICATE", null],
    ["RETRY_LATER", "RETRY_LATER", null],
    [null, null, null],
    [{ type: null, url: "https://a.example/x" }, null, "https://a.example/x"],
    [{ type: "X", url: "http://a.example/x" }, "X", null],
    [{ type: "X", url: "javascript:alert(1)" }, "X", null],
    [{ type: "X", url: "https://user:pw@a.example/" }, "X", null],
    [{ type: "X", url: 7 }, "X", null],
  ])("reads the resolution %j", (resolution, action, url) => {
    expect(answerError(v3(400, "VALIDATION", null, { resolution }), context)).toMatchObject({ action, url });
  });

  it("knows the page for a virtual key where the answer does not name it", () => {
    expect(answerError(v3(400, "CONNECTED_SERVICES_ACCOUNT", "VIRTUAL_KEY_REQUIRED"), context).url).toBe(
      "https://www.tesla.com/_ak/smartcar.com",
    );
  });
});

describe("network failures", () => {
  const failure = (code: string, more: object = {}) => networkError(Object.assign(new Error("x"), { code, ...more }));

  it.each([
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  ])("%s: certainly not sent", (code) => {
    expect(failure(code)).toMatchObject({ code: "SC_UNREACHABLE", sent: false, status: null, disposition: "retry" });
  });

  it.each([
    ["EHOSTUNREACH", { syscall: "read" }],
    ["ENETUNREACH", { syscall: "write" }],
    ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", {}],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", {}],
  ])("%s on a connection that was there: may have been sent", (code, more) => {
    expect(failure(code, more)).toMatchObject({ code: "SC_CONNECTION_LOST", sent: true });
    const wrapped = new Error("terminated", { cause: Object.assign(new Error("x"), { code, ...more }) });
    expect(networkError(wrapped).sent).toBe(true);
  });

  it("counts a timeout while connecting as not sent, later ones as sent", () => {
    expect(failure("ETIMEDOUT", { syscall: "connect" }).sent).toBe(false);
    expect(failure("ETIMEDOUT", { syscall: "read" })).toMatchObject({ code: "SC_TIMEOUT", sent: true });
    expect(failure("UND_ERR_HEADERS_TIMEOUT")).toMatchObject({ code: "SC_TIMEOUT", sent: true });
    const all = new AggregateError([Object.assign(new Error("a"), { syscall: "connect", code: "ETIMEDOUT" })]);
    expect(networkError(Object.assign(all, { code: "ETIMEDOUT" })).sent).toBe(false);
  });

  it.each(["ECONNRESET", "UND_ERR_SOCKET", "EPIPE", "SOMETHING_NEW"])("%s: may have been sent", (code) => {
    expect(failure(code)).toMatchObject({ code: "SC_CONNECTION_LOST", sent: true });
  });

  it("takes anything thrown", () => {
    expect(networkError("odd").sent).toBe(true);
  });
});

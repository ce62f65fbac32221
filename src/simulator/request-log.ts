import { isObject, type JsonValue, parseJson } from "../lib/json.ts";

const MAX_RECORDS = 1_000;
const MASK = "***";

export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Without Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue;
  /** null while it is under way, and when no answer was sent. */
  readonly status: number | null;
  readonly billed: boolean;
  /** Kind of the fault that struck it. */
  readonly fault: string | null;
}

export interface ArrivedRequest {
  readonly at: number;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export type RequestOutcome = Pick<RequestRecord, "status" | "billed" | "fault">;

export interface RequestListeners {
  readonly onArrived: (record: RequestRecord) => void;
  readonly onFinished: (record: RequestRecord) => void;
}

/** What the simulator was asked, newest last; credentials left out. */
export class RequestLog {
  readonly #listeners: RequestListeners;
  readonly #records: RequestRecord[] = [];

  constructor(listeners: RequestListeners) {
    this.#listeners = listeners;
  }

  /** Listed at once, so that a request still waiting for its answer is seen too; returns how to complete it. */
  arrive({ at, method, url, headers, text }: ArrivedRequest): (outcome: RequestOutcome) => void {
    let record: RequestRecord = {
      at,
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: plainHeaders(headers),
      body: readableBody(text, headers["content-type"]),
      status: null,
      billed: false,
      fault: null,
    };
    this.#records.push(record);
    if (this.#records.length > MAX_RECORDS) this.#records.shift();
    this.#listeners.onArrived(record);
    return (outcome) => {
      const index = this.#records.indexOf(record);
      record = { ...record, ...outcome };
      if (index >= 0) this.#records[index] = record;
      this.#listeners.onFinished(record);
    };
  }

  list(): RequestRecord[] {
    return [...this.#records];
  }

  reset(): void {
    this.#records.length = 0;
  }
}

function plainHeaders(headers: ArrivedRequest["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== "authorization")
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

function readableBody(text: string, contentType: string | string[] | undefined): JsonValue {
  if (text === "") return null;
  if (String(contentType).includes("x-www-form-urlencoded")) {
    return masked(Object.fromEntries(new URLSearchParams(text)));
  }
  const json = parseJson(text);
  return json === undefined ? text : masked(json);
}

function masked(body: JsonValue): JsonValue {
  return isObject(body) && "client_secret" in body
    ? { ...(body as Record<string, JsonValue>), client_secret: MASK }
    : body;
}

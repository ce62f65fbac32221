import { isObject, type JsonObject, type JsonValue, parseJson } from "../lib/json.ts";
import { refuse } from "./refusal.ts";

/** One request, as the handlers see it. */
export class Call {
  readonly method: string;
  readonly url: URL;
  readonly requestId: string;
  /** Set by handlers whose work counts against a car's monthly budget. */
  billed = false;
  readonly #params: Readonly<Record<string, string>>;
  readonly #headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly #text: string;

  constructor(parts: {
    readonly method: string;
    readonly url: URL;
    readonly requestId: string;
    readonly params: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly text: string;
  }) {
    this.method = parts.method;
    this.url = parts.url;
    this.requestId = parts.requestId;
    this.#params = parts.params;
    this.#headers = parts.headers;
    this.#text = parts.text;
  }

  param(name: string): string {
    return this.#params[name] ?? "";
  }

  query(name: string): string | null {
    return this.url.searchParams.get(name);
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** The body as JSON; null when there is none. @throws RefusedCall 400 when it is something else. */
  json(): JsonValue {
    if (this.#text.trim() === "") return null;
    const json = parseJson(this.#text);
    if (json === undefined) throw refuse(400, "VALIDATION", "INVALID_INPUT_FORMAT", "The body is not valid JSON.");
    return json;
  }

  /** The keys of a form or of a JSON object, whichever was sent. */
  fields(): JsonObject {
    if (this.header("content-type")?.includes("x-www-form-urlencoded")) {
      return Object.fromEntries(new URLSearchParams(this.#text));
    }
    const json = this.json();
    return isObject(json) ? (json as JsonObject) : {};
  }

  /** `data.attributes` of the body, where V3 expects every parameter. */
  attributes(): unknown {
    const body = this.json();
    const data = isObject(body) ? body["data"] : undefined;
    return isObject(data) ? data["attributes"] : undefined;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes out as HTML, null as nothing, anything else as JSON. */
  readonly body: JsonValue;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;

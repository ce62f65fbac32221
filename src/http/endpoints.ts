import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { AppError } from "../lib/errors.ts";

/** A request that cannot be carried out, for a reason its sender should read. */
export class Refused extends AppError {
  override readonly name = "Refused";
  readonly statusCode: number;

  constructor(statusCode: number, code: string, message: string) {
    super(code, message, { disposition: "give-up" });
    this.statusCode = statusCode;
  }
}

type Shape = z.ZodType<object>;

export interface EndpointSpec<Params extends Shape, Query extends Shape, Body extends Shape, Answer extends Shape> {
  readonly about: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  /** Another good status than 200, with what it means. */
  readonly also?: Readonly<Record<number, string>>;
}

/** A route that answers with a file to be saved. */
export interface FileSpec<Query extends Shape> {
  readonly about: string;
  readonly query?: Query;
  /** Its media type. */
  readonly type: string;
}

interface Given<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly reply: FastifyReply;
}

type Run<P extends Shape, Q extends Shape, B extends Shape, A extends Shape> = (
  given: Given<z.output<P>, z.output<Q>, z.output<B>>,
) => z.output<A> | Promise<z.output<A>>;

const Nothing = z.object({});
const Failure = z.object({ error: z.string() });

/**
 * Routes of the API, each registered together with its schemas: what comes in is checked against them, and the OpenAPI
 * document is made of the same.
 */
export class Endpoints {
  readonly #app: FastifyInstance;
  readonly #paths: Record<string, Record<string, object>> = {};

  constructor(app: FastifyInstance) {
    this.#app = app;
  }

  get<A extends Shape, P extends Shape = typeof Nothing, Q extends Shape = typeof Nothing>(
    path: string,
    spec: EndpointSpec<P, Q, typeof Nothing, A>,
    run: Run<P, Q, typeof Nothing, A>,
  ): void {
    this.#add("GET", path, spec, run);
  }

  post<A extends Shape, P extends Shape = typeof Nothing, B extends Shape = typeof Nothing>(
    path: string,
    spec: EndpointSpec<P, typeof Nothing, B, A>,
    run: Run<P, typeof Nothing, B, A>,
  ): void {
    this.#add("POST", path, spec, run);
  }

  file<Q extends Shape = typeof Nothing>(
    path: string,
    spec: FileSpec<Q>,
    run: (given: { readonly query: z.output<Q> }) => { readonly name: string; readonly text: string },
  ): void {
    const { about, query, type } = spec;
    const file = { description: "the file", content: { [type]: { schema: { type: "string" } } } };
    this.#paths[path] = {
      get: { summary: about, parameters: parameters("query", query), responses: { 200: file, default: REFUSED } },
    };
    this.#app.get(path, (request, reply) => {
      const { name, text } = run({ query: read("query", query, request.query) as z.output<Q> });
      return reply.type(type).header("content-disposition", `attachment; filename="${name}"`).send(text);
    });
  }

  /** OpenAPI 3.1 of everything registered so far. */
  document(version: string): object {
    return {
      openapi: "3.1.0",
      info: {
        title: "smartcar2mqtt",
        version,
        description:
          "The private API. Times are ISO 8601 in UTC. Requests that change something check Host and Origin.",
      },
      servers: [{ url: ".." }],
      components: {
        securitySchemes: { password: { type: "http", scheme: "basic", description: "http.password, any user name" } },
      },
      security: [{}, { password: [] }],
      paths: this.#paths,
    };
  }

  #add<P extends Shape, Q extends Shape, B extends Shape, A extends Shape>(
    method: "GET" | "POST",
    path: string,
    spec: EndpointSpec<P, Q, B, A>,
    run: Run<P, Q, B, A>,
  ): void {
    const openPath = path.replace(/:(\w+)/g, "{$1}");
    this.#paths[openPath] = { ...this.#paths[openPath], [method.toLowerCase()]: operation(spec) };
    this.#app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const given = {
          params: read("address", spec.params, request.params) as z.output<P>,
          query: read("query", spec.query, request.query) as z.output<Q>,
          body: read("body", spec.body, request.body ?? {}) as z.output<B>,
          reply,
        };
        return await reply.send(await run(given));
      },
    });
  }
}

function read(where: string, schema: Shape | undefined, value: unknown): object {
  if (schema === undefined) return {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.join(".") ?? "";
  throw new Refused(400, "BAD_REQUEST", `${where}${key === "" ? "" : ` ${key}`}: ${issue?.message ?? "is wrong"}`);
}

function operation<P extends Shape, Q extends Shape, B extends Shape, A extends Shape>(
  spec: EndpointSpec<P, Q, B, A>,
): object {
  const answer = { "application/json": { schema: jsonSchema(spec.answer, "output") } };
  const also = Object.entries(spec.also ?? {}).map(([status, description]) => [
    status,
    { description, content: answer },
  ]);
  return {
    summary: spec.about,
    parameters: [...parameters("path", spec.params), ...parameters("query", spec.query)],
    ...(spec.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": { schema: jsonSchema(spec.body, "input") } } },
        }),
    responses: {
      200: { description: "well", content: answer },
      ...Object.fromEntries(also),
      default: REFUSED,
    },
  };
}

function parameters(where: "path" | "query", schema: Shape | undefined): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input");
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: property,
  }));
}

function jsonSchema(schema: Shape, io: "input" | "output"): { properties?: object; required?: string[] } {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest as { properties?: object; required?: string[] };
}

const REFUSED = {
  description: "refused, with the reason",
  content: { "application/json": { schema: jsonSchema(Failure, "output") } },
};

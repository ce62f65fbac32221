import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../lib/json.ts";
import type { Call } from "../call.ts";
import type { Exchange } from "../exchange.ts";
import { RefusedCall } from "../refusal.ts";
import type { Tokens } from "../tokens.ts";

/** The token endpoint: form or JSON body, errors in the OAuth vocabulary. */
export function tokenRoutes(app: FastifyInstance, exchange: Exchange, tokens: Tokens): void {
  exchange.serve(
    app,
    "POST",
    "/oauth2/token",
    (call) => {
      const fields = readFields(call);
      const token = tokens.issue(fields["grant_type"], fields["client_id"], fields["client_secret"]);
      return { status: 200, headers: { "cache-control": "no-store" }, body: { ...token } };
    },
    "oauth",
  );
}

function readFields(call: Call): JsonObject {
  try {
    return call.fields();
  } catch (error) {
    if (!(error instanceof RefusedCall)) throw error;
    throw new RefusedCall({ ...error.refusal, type: "OAUTH", code: "invalid_request" });
  }
}

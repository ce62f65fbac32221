import type { Endpoints } from "../endpoints.ts";
import { Checked, ConnectLink, ConnectOrder, Setup } from "../schema/setup.ts";

/** What these routes need of the rest. */
export interface SetupView {
  setup(): Setup;
  /** Looks at the connections and the webhook now, instead of when it is due. Both are free. */
  check(): Promise<void>;
  /** A Connect link that can be used once. @throws Refused when the configuration does not allow any. */
  connectLink(order: ConnectOrder): { readonly url: string; readonly expiresAt: number };
}

export function setupRoutes(api: Endpoints, view: SetupView): void {
  api.get("/api/setup", { about: "what is configured, and what to enter where; never a secret", answer: Setup }, () =>
    view.setup(),
  );
  api.post("/api/check", { about: "looks at connections and webhook again, now; free", answer: Checked }, async () => {
    await view.check();
    return { checked: true };
  });
  api.post(
    "/api/connect-link",
    { about: "a Smartcar Connect link, for one use within 15 minutes", body: ConnectOrder, answer: ConnectLink },
    ({ body }) => {
      const { url, expiresAt } = view.connectLink(body);
      return { url, expires_at: new Date(expiresAt).toISOString() };
    },
  );
}

import { helpAbout } from "../../lib/project.ts";
import type { Endpoints } from "../endpoints.ts";
import { Chain, type Link } from "../schema/chain.ts";

/** The doctor, as the page shows it. */
export interface ChainView {
  links(): readonly Link[];
  readiness(): { readonly ready: boolean };
}

export function chainRoutes(api: Endpoints, chain: ChainView): void {
  api.get("/api/chain", { about: "every link from Smartcar to the broker, with its one fix", answer: Chain }, () => ({
    ready: chain.readiness().ready,
    links: chain.links().map((link) => ({ ...link, help: helpAbout("link", link.name) })),
  }));
}

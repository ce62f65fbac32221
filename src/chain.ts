export { Chain, type ChainOptions } from "./doctor/chain.ts";
export type { Link } from "./doctor/link.ts";
export { webhookLink } from "./doctor/webhook.ts";

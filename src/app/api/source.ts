import type { ConnectStates } from "../../smartcar/connect-states.ts";
import type { Frame } from "../frame.ts";
import type { Shown, ShownOf } from "../parts/shown.ts";

/** What the API's views are made from. */
export interface ApiSource extends ShownOf {
  readonly frame: Frame;
  readonly chain: Shown["chain"];
  readonly states: ConnectStates;
  /** Whether page and API ask for a password. */
  readonly isProtected: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/**
 * - `connecting`: the first attempt is under way
 * - `waiting`: nobody answers, tried again with back-off
 * - `refused`: the broker (or our configuration) says no, tried again with back-off
 * - `taken-over`: somebody else uses our client id, tried again after minutes
 */
export type SessionState = "connecting" | "connected" | "waiting" | "refused" | "taken-over" | "stopped";

export interface SessionStatus {
  readonly state: SessionState;
  /** What is wrong and what to do; null when nothing is. */
  readonly detail: string | null;
  /** The one thing to do about it, where that is known. */
  readonly fix: string | null;
  readonly since: number;
}

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly properties: {
    readonly responseTopic?: string;
    readonly correlationData?: Buffer;
    readonly messageExpiryInterval?: number;
  };
}

export interface SessionEvents {
  /** A new session; the broker may have forgotten everything. */
  connected: undefined;
  disconnected: undefined;
  status: SessionStatus;
  message: Message;
}

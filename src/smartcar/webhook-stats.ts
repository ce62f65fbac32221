/** Why a request was not believed, in the order in which it is worth looking. */
export type RejectionCause =
  /** No `SC-Signature` at all: a scanner, or a proxy that takes headers away. */
  | "signature missing"
  /** A signature that has not the form of one. */
  | "signature malformed"
  /** A proxy compressed or re-encoded the body on its way. */
  | "body encoded on the way"
  /** The body is no JSON: it was cut or changed on its way. */
  | "body is not json"
  /** Body and signature look right: another key signed it. */
  | "wrong key";

export interface WebhookStats {
  /** Signed requests that were answered 200, with the three below among them. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Signed requests for vehicles that are to be left alone. */
  readonly ignored: number;
  /** Signed requests that could not be stored. */
  readonly failed: number;
  readonly lastAcceptedAt: number | null;
  readonly verified: number;
  /** VERIFY requests refused because of their challenge, or because there were too many. */
  readonly verifyRefused: number;
  readonly verifyLimited: number;
  readonly lastVerifiedAt: number | null;
  readonly rejectedMissing: number;
  readonly rejectedWrong: number;
  readonly lastRejectedAt: number | null;
  readonly lastRejection: RejectionCause | null;
  /** How often each cause was seen. */
  readonly rejections: Readonly<Partial<Record<RejectionCause, number>>>;
}

export const NO_REQUESTS: WebhookStats = {
  accepted: 0,
  duplicates: 0,
  quarantined: 0,
  ignored: 0,
  failed: 0,
  lastAcceptedAt: null,
  verified: 0,
  verifyRefused: 0,
  verifyLimited: 0,
  lastVerifiedAt: null,
  rejectedMissing: 0,
  rejectedWrong: 0,
  lastRejectedAt: null,
  lastRejection: null,
  rejections: {},
};

import type { Billing } from "./billing.ts";
import type { Call, Handler } from "./call.ts";
import type { CallBucket } from "./call-bucket.ts";
import type { Car } from "./car.ts";
import type { Garage } from "./garage.ts";
import { RefusedCall, refuse } from "./refusal.ts";
import type { Tokens } from "./tokens.ts";

/** What stands between a caller and the API: token, application bucket, the car's user, the car's budget. */
export class Guard {
  readonly #tokens: Tokens;
  readonly #bucket: CallBucket;
  readonly #billing: Billing;
  readonly #garage: Garage;

  constructor(tokens: Tokens, bucket: CallBucket, billing: Billing, garage: Garage) {
    this.#tokens = tokens;
    this.#bucket = bucket;
    this.#billing = billing;
    this.#garage = garage;
  }

  /** Wraps a handler of either API. */
  api(handler: Handler): Handler {
    return (call) => {
      this.#tokens.check(call.header("authorization"));
      this.#bucket.take();
      return handler(call);
    };
  }

  /** The connected car named in the path, for its owner's eyes only. @throws RefusedCall */
  ownedCar(call: Call): Car {
    const userId = call.header("sc-user-id");
    if (userId === undefined || userId === "") throw refuse(400, "VALIDATION", "MISSING_PARAMETER", "missing userId");
    const car = this.#garage.requireConnected(call.param("vehicleId"));
    if (car.userId !== userId) {
      throw refuse(403, "AUTHENTICATION", "ACCESS_DENIED", "The user has no access to this vehicle.");
    }
    return car;
  }

  /** Counts the call against the car's month. @throws RefusedCall 430 */
  bill(call: Call, car: Car): void {
    this.#billing.charge(car.vehicleId);
    call.billed = true;
  }

  /** @throws RefusedCall 403 */
  requirePermission(car: Car, permission: string): void {
    if (car.permissions.includes(permission)) return;
    throw new RefusedCall({
      status: 403,
      type: "PERMISSION",
      code: "PERMISSION_DENIED",
      detail: `The permission ${permission} was not granted.`,
      resolution: { type: "REAUTHENTICATE" },
    });
  }
}

/**
 * Guards the application's call bucket (120 calls, 2 more a minute, for all vehicles together). Every call to the
 * vehicle and management APIs asks first; token requests do not count.
 */
export interface Admission {
  /** Takes one call. @throws CallError (`wait`, scope `application`, not sent) when there is none left or calls are paused. */
  take(): void;
  /** Smartcar refused for the whole application: no call before `until` (epoch milliseconds). */
  pause(until: number): void;
}

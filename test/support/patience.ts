/**
 * How long a test waits for what must come, in milliseconds. Only a test that fails waits so long: a machine that stands
 * still for some seconds is no reason to fail. Where a time is itself the promise, the test names that time.
 */
export const PATIENCE_MS = 30_000;

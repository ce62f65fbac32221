/** Brings dist/page up to date. */
export function ensurePage(): Promise<void>;

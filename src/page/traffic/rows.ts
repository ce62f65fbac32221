/** The name of a car, by its id. */
export type CarName = (id: string | null) => string;

/** As many as a table shows. */
export const ROWS = 100;

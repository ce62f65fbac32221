/** Orders a command of this car. */
export type Give = (command: string, value: unknown) => void;

/** Does it, after asking where the variant is dangerous. */
export type After = (variant: string, title: string, act: () => void) => void;

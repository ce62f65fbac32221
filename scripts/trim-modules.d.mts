/** Takes out of a node_modules what never runs. @throws Error when the binary for the processor is missing */
export function trimModules(modules: string, processor: string): void;

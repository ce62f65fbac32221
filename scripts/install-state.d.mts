export const RUNTIME_FILES: readonly string[];
export function whyInstall(lockText: string, installedText: string | null): string | null;
export function chooseRuntime(state: {
  readonly installed: string | null;
  readonly running: string;
  readonly runningVersion: string;
  readonly required: number;
}): string | null;
export function pathWithoutOurs(path: string, root: string, separator: string): string;
export const INSTALLERS: readonly string[];
export function canInstall(version: string): boolean;

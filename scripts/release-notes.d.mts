/** The changelog's section of a version; null when there is none or it is empty. */
export function releaseNotes(changelog: string, version: string): string | null;

import { Repository } from "./repository.ts";

/** Small values that must survive a restart, each under its own key, as JSON. */
export class SettingsRepository extends Repository {
  read<T>(key: string): T | undefined {
    const row = this.one<{ value: string }>("SELECT value FROM settings WHERE key = ?", key);
    return row === undefined ? undefined : (JSON.parse(row.value) as T);
  }

  write(key: string, value: unknown): void {
    this.run(
      "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key,
      JSON.stringify(value),
    );
  }
}

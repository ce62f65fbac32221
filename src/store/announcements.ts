import { Repository } from "./repository.ts";

/** Component key → platform. */
export type Components = Readonly<Record<string, string>>;

/** What was announced to Home Assistant: component key → platform, per discovery topic, so that it can be withdrawn. */
export class AnnouncementRepository<Announced extends Components> extends Repository {
  load(): Map<string, Announced> {
    const rows = this.all<{ topic: string; components: string }>("SELECT topic, components FROM announcements");
    return new Map(rows.map((row) => [row.topic, JSON.parse(row.components) as Announced]));
  }

  save(topic: string, components: Announced): void {
    this.run(
      `INSERT INTO announcements (topic, components) VALUES (?, ?)
       ON CONFLICT (topic) DO UPDATE SET components = excluded.components`,
      topic,
      JSON.stringify(components),
    );
  }

  remove(topic: string): void {
    this.run("DELETE FROM announcements WHERE topic = ?", topic);
  }
}

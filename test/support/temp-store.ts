import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Announced } from "../../src/bridge/discovery.ts";
import type { Execution } from "../../src/commands/execution.ts";
import type { Plan } from "../../src/scheduler/plan.ts";
import { openStore, type Store } from "../../src/store/store.ts";

export type TestStore = Store<Plan, Execution, Announced>;

/** A real database in a folder of its own; `reopen` is what a restart sees. */
export function tempStore(): { store: TestStore; dir: string; reopen: () => TestStore; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), "smartcar2mqtt-test-"));
  const opened: TestStore[] = [];
  const open = (): TestStore => {
    const store = openStore<Plan, Execution, Announced>(dir);
    store.database.start();
    opened.push(store);
    return store;
  };
  return {
    store: open(),
    dir,
    reopen: () => {
      for (const store of opened) store.database.stop();
      return open();
    },
    remove: () => {
      for (const store of opened) store.database.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

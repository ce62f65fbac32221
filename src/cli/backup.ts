import { resolve } from "node:path";
import { Redactor } from "../lib/redact.ts";
import { backupDatabase } from "../store/backup.ts";
import type { Command } from "./command.ts";
import { configOption, loadOrExplain, WRONG_CONFIGURATION } from "./configuration.ts";

export const backup: Command = {
  name: "backup",
  about: "make a consistent copy of the database, also while the bridge runs",
  argument: "FILE",
  options: [configOption, { name: "force", value: null, about: "replace FILE if it is there already" }],
  async run(options, terminal) {
    const loaded = loadOrExplain(terminal, new Redactor(), options["config"]);
    if (loaded === undefined) return WRONG_CONFIGURATION;
    const target = resolve(terminal.cwd, options["FILE"] ?? "");
    const force = options["force"] !== undefined;
    const { bytes } = await backupDatabase({ dataDir: loaded.config.data_dir, target, force });
    terminal.out(`${target}: ${bytes} bytes\n`);
    return 0;
  },
};

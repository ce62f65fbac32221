import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface BaseTree {
  /** Its compiled program. */
  readonly main: string;
  remove(): void;
}

/**
 * Checks a commit out beside the checkout and builds it.
 * @throws Error when git does not know it, or it cannot be built
 */
export function buildBase(ref: string): BaseTree {
  const folder = mkdtempSync(join(tmpdir(), "smartcar2mqtt-base-"));
  const tree = join(folder, "tree");
  const remove = () => {
    spawnSync("git", ["worktree", "remove", "--force", tree], { cwd: ROOT });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run("git", ["worktree", "add", "--detach", tree, ref], ROOT);
    const own = readFileSync(join(ROOT, "package-lock.json"), "utf8");
    // The same libraries are there already.
    if (readFileSync(join(tree, "package-lock.json"), "utf8") === own) {
      symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
    } else run("npm", ["ci"], tree);
    run(process.execPath, [join(tree, "scripts/build.mjs")], tree);
    const main = join(tree, "dist/main.js");
    if (!existsSync(main)) throw new Error(`${ref} was built without a program`);
    return { main, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr.toString()}`);
}

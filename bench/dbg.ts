import { runMonth } from "./economy/month-dbg.ts";

const [s, w, n] = process.argv.slice(2);
await runMonth(s as never, w as never, "ours", Number(n));

import type { Execution } from "../../commands/execution.ts";
import type { CommandRequest } from "../../commands/request.ts";
import type { Orders } from "../../http/routes/commands.ts";
import { vehicleId } from "../../vehicle/ids.ts";
import type { ApiSource } from "./source.ts";

/** Commands given over the API, and the audit list. */
export function ordersOf({ frame, kept, cars, orders: { runner } }: ApiSource): Orders {
  const { clock, events } = frame;
  const { directory } = cars;
  const { store } = kept;
  const waiting = new Set<() => void>();
  return {
    vehicle: (name) => directory.byTopic(name) ?? directory.get(vehicleId(name)),
    order: (request: CommandRequest, waitMs: number) =>
      new Promise<Execution | null>((resolve, reject) => {
        /** Ends the wait with what `look` says; the database may refuse to say it. */
        const end = (look: () => Execution | null) => {
          timer.cancel();
          off();
          waiting.delete(giveUp);
          try {
            resolve(look());
          } catch (error) {
            reject(error);
          }
        };
        const giveUp = () => end(() => runner.find(request.id) ?? null);
        const timer = clock.after(waitMs, giveUp);
        const off = events.runner.on("answer", ({ execution }) => {
          if (execution.id === request.id) end(() => execution);
        });
        waiting.add(giveUp);
        try {
          runner.submit(request);
        } catch (error) {
          end(() => {
            throw error;
          });
        }
      }),
    release: () => {
      for (const giveUp of [...waiting]) giveUp();
    },
    audit: (limit, id) => store.executions.newest(limit, id),
  };
}

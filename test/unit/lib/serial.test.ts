import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SerialQueues } from "../../../src/lib/serial.ts";
import { settle } from "../../support/fake-clock.ts";

describe("serial queues", () => {
  it("runs one key's tasks in order and one at a time, different keys side by side", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 30 }),
        async (scheduler, keys) => {
          const queues = new SerialQueues<string>(100);
          const running = new Set<string>();
          const ended: [string, number][] = [];
          keys.forEach((key, index) => {
            const taken = queues.post(key, async () => {
              expect(running.has(key)).toBe(false);
              running.add(key);
              await scheduler.schedule(Promise.resolve(), `${key}${index}`);
              running.delete(key);
              ended.push([key, index]);
            });
            expect(taken).toBe(true);
          });
          await scheduler.waitIdle();
          await queues.drained();
          expect(ended).toHaveLength(keys.length);
          for (const key of ["a", "b", "c"]) {
            const order = ended.filter(([of]) => of === key).map(([, index]) => index);
            expect(order).toEqual([...order].sort((x, y) => x - y));
          }
        },
      ),
    );
  });

  it("takes no more than its bound for one key, and takes again once one has ended", async () => {
    const queues = new SerialQueues<string>(2);
    const ends: (() => void)[] = [];
    const task = () => new Promise<void>((resolve) => ends.push(resolve));
    expect([queues.post("a", task), queues.post("a", task), queues.post("a", task)]).toEqual([true, true, false]);
    expect(queues.post("b", task)).toBe(true);
    await settle();
    ends[0]?.();
    await settle();
    expect(queues.post("a", task)).toBe(true);
    expect(queues.post("a", task)).toBe(false);
  });

  it("is drained when everything posted before has run, and at once when there is nothing", async () => {
    const queues = new SerialQueues<number>(5);
    await queues.drained();
    const done: number[] = [];
    for (const key of [1, 2]) {
      queues.post(key, async () => {
        await settle();
        done.push(key);
      });
    }
    await queues.drained();
    expect(done).toEqual([1, 2]);
  });
});

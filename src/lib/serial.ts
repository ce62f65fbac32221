/**
 * Runs tasks of one key one after the other, tasks of different keys side by side. Bounded: a key with `maxWaiting`
 * tasks waiting takes no more.
 */
export class SerialQueues<K> {
  readonly #maxWaiting: number;
  readonly #queues = new Map<K, { tail: Promise<void>; waiting: number }>();

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** Takes the task, or returns false when the key's queue is full. The task must handle its own failures. */
  post(key: K, task: () => Promise<void>): boolean {
    const queue = this.#queues.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= this.#maxWaiting) return false;
    this.#queues.set(key, queue);
    queue.waiting++;
    queue.tail = queue.tail.then(task).finally(() => {
      queue.waiting--;
      if (queue.waiting === 0) this.#queues.delete(key);
    });
    return true;
  }

  /** Resolves when everything posted so far has run. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.tail));
  }
}

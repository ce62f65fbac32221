import type { MqttClient } from "mqtt";

const LIMIT_MS = 5_000;

export type Arrivals = (topic: string, payload: string) => Promise<number>;

/**
 * Subscribes, and returns a way to wait for a payload on a topic: resolves with the time (`performance.now`) at which it
 * came. What is retained there already does not count.
 */
export async function arrivals(subscriber: MqttClient, filter: string): Promise<Arrivals> {
  const waiting = new Map<string, (at: number) => void>();
  await subscriber.subscribeAsync(filter, { qos: 1, rh: 2 });
  subscriber.on("message", (topic, payload) => waiting.get(`${topic} ${payload}`)?.(performance.now()));
  return (topic, payload) =>
    new Promise((resolve, reject) => {
      const key = `${topic} ${payload}`;
      const limit = setTimeout(() => reject(new Error(`${payload} did not come on ${topic}`)), LIMIT_MS);
      waiting.set(key, (arrivedAt) => {
        clearTimeout(limit);
        waiting.delete(key);
        resolve(arrivedAt);
      });
    });
}

import type { Publisher } from "./publisher.ts";
import type { Message } from "./session-events.ts";
import { isPublishable, type Topics } from "./topics.ts";

/**
 * Where MQTT 5 asks for the answer; null when nowhere. Whoever sends a request names that topic and may not be allowed
 * to publish there himself, so it can be neither one on which requests are taken in, which would make the answer another
 * request, nor one on which we hold something, which would show the answer as a state.
 */
export function replyTopic(
  { properties: { responseTopic } }: Message,
  topics: Topics,
  publisher: Pick<Publisher, "holds">,
): string | null {
  if (responseTopic === undefined || !isPublishable(responseTopic)) return null;
  return topics.parse(responseTopic) === undefined && !publisher.holds(responseTopic) ? responseTopic : null;
}

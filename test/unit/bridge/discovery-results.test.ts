import { expect, it } from "vitest";
import { RESULT_EVENTS, resultDrafts } from "../../../src/bridge/discovery-results.ts";
import { RESULT_EVENT } from "../../../src/bridge/discovery-templates.ts";
import { Topics } from "../../../src/bridge/topics.ts";
import { render } from "../../support/home-assistant-templates.ts";

const topics = new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" });
const keys = (...available: string[]) => resultDrafts(new Set(available), topics, "car").map(({ key }) => key);

it("what came of a command is an event beside each entity that gives one", () => {
  expect(keys()).toEqual([]);
  expect(keys("unlock")).toEqual(["lock_result"]);
  expect(keys("lock", "unlock", "refresh")).toEqual(["lock_result", "refresh_result"]);
});

it("it speaks of refusals also while the car is unavailable", () => {
  const [draft] = resultDrafts(new Set(["lock"]), topics, "car");
  expect(draft?.options).toMatchObject({
    state_topic: "smartcar/car/lock/result",
    availability: [{ topic: "smartcar/bridge/state" }],
  });
});

it.each([
  [{ status: "rejected", confirmed: false, error: { message: "too old" } }, "rejected", "too old"],
  [{ status: "succeeded", confirmed: false, error: null }, "succeeded", null],
  [{ status: "succeeded", confirmed: true, error: null }, "confirmed", null],
])("%o is the event %s", (result, type, message) => {
  const event = JSON.parse(String(render(RESULT_EVENT, JSON.stringify({ value: "LOCK", ...result }))));
  expect(event).toEqual({ event_type: type, value: "LOCK", message });
  expect(RESULT_EVENTS).toContain(type);
});

import { describe, expect, it } from "vitest";
import { Birth } from "../../src/bridge/birth.ts";
import { RANK } from "../../src/bridge/retained.ts";
import { bridgeFixture } from "../support/bridge-fixture.ts";
import { hasMosquitto, startMosquitto } from "../support/brokers.ts";
import { cleanups } from "../support/cleanups.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { watch } from "../support/mqtt-watch.ts";

describe.skipIf(!hasMosquitto())("Home Assistant's birth, against Mosquitto", () => {
  it.each([
    { version: "5", retain: false },
    { version: "5", retain: true },
    { version: "3.1.1", retain: false },
    { version: "3.1.1", retain: true },
  ] as const)("publishes everything again (MQTT $version, birth retained: $retain)", async ({ version, retain }) => {
    const broker = await startMosquitto();
    cleanups.push(() => broker.stop());
    const user = await watch(broker.url, "#");
    cleanups.push(() => user.stop());
    // Stored from an earlier start of Home Assistant: no birth.
    if (retain) await user.publish("homeassistant/status", "online", { retain });

    const bridge = bridgeFixture({ url: broker.url, version });
    cleanups.push(() => bridge.stop());
    const clock = new FakeClock();
    let births = 0;
    const birth = new Birth({
      session: bridge.session,
      statusTopic: "homeassistant/status",
      onBirth: () => {
        births++;
        bridge.publisher.republish();
      },
      clock,
      random: () => 0,
      log: bridge.log,
    });
    birth.start();
    cleanups.push(() => birth.stop());
    bridge.publisher.retain("smartcar/bridge/state", "online", RANK.bridge);
    bridge.publisher.retain("smartcar/car/battery", "50");
    const heard = new Promise<void>((resolve) => {
      bridge.session.events.on("message", (message) => {
        if (!message.retain) resolve();
      });
    });
    bridge.session.start();
    await bridge.state("connected");
    await bridge.publisher.idle();
    await user.until(({ topic }) => topic === "smartcar/car/battery");
    await clock.advance(60_000);
    expect(births).toBe(0);

    user.clear();
    await user.publish("homeassistant/status", "online", { retain });
    await heard;
    await clock.advance(1_000);
    expect(births).toBe(1);
    await user.until(({ topic, payload }) => topic === "smartcar/car/battery" && payload === "50");
  });
});

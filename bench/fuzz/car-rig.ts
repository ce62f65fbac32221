import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Announcer } from "../../src/bridge/announcer.ts";
import { CarPresenter } from "../../src/bridge/car-presenter.ts";
import type { Announced } from "../../src/bridge/discovery.ts";
import { HomeAssistant } from "../../src/bridge/home-assistant.ts";
import { type KeptPayload, textOf } from "../../src/bridge/kept-payload.ts";
import { Topics } from "../../src/bridge/topics.ts";
import { COMMANDS, showsEffect } from "../../src/commands/catalogue.ts";
import type { Execution } from "../../src/commands/execution.ts";
import { CommandViews } from "../../src/commands/view.ts";
import { hours } from "../../src/lib/duration.ts";
import { Events } from "../../src/lib/events.ts";
import { jsonEqual } from "../../src/lib/json.ts";
import { type Feed, follow, SILENT_FEED } from "../../src/scheduler/feed.ts";
import type { Plan } from "../../src/scheduler/plan.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import type { Change } from "../../src/vehicle/change.ts";
import { vehicleId } from "../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../src/vehicle/intake.ts";
import type { LocationPrivacy } from "../../src/vehicle/privacy.ts";
import { car } from "../../test/support/cars.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { checkMessage, checkReadings, checkState } from "./shown-check.ts";
import { Broken, must } from "./target.ts";

export type FuzzStore = Store<Plan, Execution, Announced>;
export const KNOWN_CAR = car({ id: vehicleId("veh-1") });

/** On memory where there is such a file system: what is looked for here is no matter of disks. */
export function fuzzFolder(): string {
  const memory = "/dev/shm";
  const parent = statSync(memory, { throwIfNoEntry: false })?.isDirectory() ? memory : tmpdir();
  return mkdtempSync(join(parent, "smartcar2mqtt-fuzz-"));
}

/** From the intake to the topics: everything a delivery passes, with a real database. */
export class CarRig {
  readonly clock = new FakeClock();
  readonly store: FuzzStore;
  readonly intake: Intake;
  readonly #dir: string;
  readonly #failures: unknown[] = [];
  #feed: Feed = SILENT_FEED;

  constructor(privacy: LocationPrivacy) {
    const { clock } = this;
    this.#dir = fuzzFolder();
    this.store = openStore<Plan, Execution, Announced>(this.#dir);
    this.store.database.start();
    const events = new Events<IntakeEvents>((_event, error) => this.#failures.push(error));
    this.intake = new Intake({
      store: this.store.states,
      events,
      isKnown: (id) => id === KNOWN_CAR.id,
      isIgnored: () => false,
      privacyOf: () => privacy,
      accepts: () => false,
    });
    this.intake.start();
    const topics = new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" });
    const publisher = {
      retain: (topic: string, payload: KeptPayload) => checkMessage(topic, textOf(payload)),
      emit: checkMessage,
      erase: (topic: string) => checkMessage(topic, "erased"),
      eraseBelow: () => undefined,
      isConfirmed: () => true,
    };
    const views = new CommandViews({ current: () => undefined }, { has: () => false }, new Set(["lock"]));
    const homeAssistant = new HomeAssistant({
      settings: { baseTopic: "smartcar", units: "metric", version: "0", commandMaxAgeMs: 60_000 },
      topics,
      announcer: new Announcer({ publisher, store: this.store.announcements, clock }),
      enabled: true,
      commands: (vehicle) => views.available(vehicle),
    });
    const presenter = new CarPresenter({
      publisher,
      topics,
      units: "metric",
      clock,
      vehicles: () => [KNOWN_CAR],
      vehicle: () => KNOWN_CAR,
      stateOf: (id) => this.intake.state(id),
      commands: views,
      accepts: () => false,
      webhookCarries: () => null,
      energyTotal: () => null,
      dropped: () => [],
      pollMs: () => hours(6),
      log: { error: ({ err }: { err?: unknown }) => this.#failures.push(err) },
      onShown: (vehicle, readings, unknown) => homeAssistant.announceCar(vehicle, readings, unknown),
    });
    events.on("changed", (change) => {
      checkState(change.state);
      checkReadings(change.state);
      presenter.onChange(change);
      presenter.showDue();
      this.#follow(change);
    });
  }

  /** @throws what failed among those who listen, and whatever does not hold. */
  check(): void {
    const [failure] = this.#failures.splice(0);
    if (failure === undefined) return;
    throw failure instanceof Error ? failure : new Broken(String(failure));
  }

  /** After a restart the state is what it was. */
  checkRestart(): void {
    const held = this.intake.state(KNOWN_CAR.id);
    const stored = this.store.states.loadStates().get(KNOWN_CAR.id);
    for (const [code, signal] of held.signals) {
      // A fact merely told again is not worth a write.
      const known = stored?.signals.get(code);
      must(jsonEqual(signal.value?.body, known?.value?.body), `${code} is another after a restart`);
      must(jsonEqual(signal.complaint?.error, known?.complaint?.error), `${code} complains of another after a restart`);
    }
    must(
      jsonEqual([...held.problems.keys()].sort(), [...(stored?.problems.keys() ?? [])].sort()),
      "the problems are others after a restart",
    );
  }

  async close(): Promise<void> {
    await this.intake.stop();
    this.store.database.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** What else looks at a state. */
  #follow({ previous, state }: Change): void {
    this.#feed = follow(this.#feed, previous, state);
    for (const spec of Object.values(COMMANDS)) {
      for (const value of ["LOCK", true, 80, "OPEN"])
        must(typeof showsEffect(spec, value, state, 0) === "boolean", "shows");
    }
  }
}

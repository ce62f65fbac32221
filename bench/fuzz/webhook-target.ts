import { createHmac } from "node:crypto";
import { readEvent } from "../../src/smartcar/events.ts";
import { type WebhookAnswer, WebhookReceiver } from "../../src/smartcar/webhook.ts";
import { FakeLog } from "../../test/support/fake-log.ts";
import { CarRig } from "./car-rig.ts";
import { cook, pick, type Recipe } from "./recipe.ts";
import { checkPrototypes, must, type Target } from "./target.ts";
import { WEBHOOK_BODIES } from "./templates.ts";

const KEYS = ["management-token-of-today", "management-token-of-yesterday"] as const;
const PRIVACIES = ["exact", "rounded", "off"] as const;
const SIGNED_STATUSES = new Set([200, 400, 401, 429]);

export const signed = (key: string, body: Buffer | string): string =>
  createHmac("sha256", key).update(body).digest("hex");

/** Signed deliveries, from the bytes to the topics. */
export class WebhookTarget implements Target {
  readonly name = "webhook bodies";
  readonly weight = 45;
  #rig: CarRig | undefined;
  #receiver: WebhookReceiver | undefined;
  #log = new FakeLog();
  #generation = 0;

  async renew(): Promise<void> {
    await this.close();
    const rig = new CarRig(pick(PRIVACIES, this.#generation++));
    this.#rig = rig;
    this.#log = new FakeLog();
    this.#receiver = new WebhookReceiver({ keys: KEYS, intake: rig.intake, clock: rig.clock, log: this.#log });
  }

  async run(recipe: Recipe): Promise<void> {
    const { rig, receiver } = this.#parts();
    const body = cook(recipe, WEBHOOK_BODIES);
    rig.clock.jump(1_000);
    const event = readEvent(body, rig.clock.now());
    const key = pick(KEYS, recipe.aside);
    const answer = await receiver.receive(body, signed(key, body), recipe.aside % 5 === 0 ? "gzip" : undefined);
    const reason = this.#log.lines.splice(0).find(({ level }) => level === "error")?.fields as
      | { err?: Error }
      | undefined;
    if (reason?.err !== undefined) throw reason.err;
    must(SIGNED_STATUSES.has(answer.status), `a signed delivery was answered ${answer.status}`);
    // What is signed is never refused, whatever it holds: that would only make Smartcar send it again.
    if (event.kind !== "verify" && !/^[A-Za-z0-9_.-]{1,256}$/.test(body.toString("latin1"))) {
      must(answer.status === 200, `a signed ${event.kind} event was answered ${answer.status}`);
    }
    rig.check();
    if (recipe.aside % 100 === 0) rig.checkRestart();
    checkPrototypes();
  }

  show(recipe: Recipe): string {
    return cook(recipe, WEBHOOK_BODIES).toString("latin1");
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    this.#rig = undefined;
  }

  #parts(): { rig: CarRig; receiver: WebhookReceiver } {
    if (this.#rig === undefined || this.#receiver === undefined) throw new Error("not renewed yet");
    return { rig: this.#rig, receiver: this.#receiver };
  }
}

/** Strangers: no signature, a wrong one, or questions that may be answered. */
export class StrangerTarget implements Target {
  readonly name = "unsigned bodies";
  readonly weight = 8;
  #rig: CarRig | undefined;
  #receiver: WebhookReceiver | undefined;
  #accepted = 0;

  async renew(): Promise<void> {
    await this.close();
    const rig = new CarRig("exact");
    this.#rig = rig;
    this.#accepted = 0;
    const intake = {
      accept: () => {
        this.#accepted++;
        return Promise.resolve("stored" as const);
      },
    };
    this.#receiver = new WebhookReceiver({ keys: KEYS, intake, clock: rig.clock, log: new FakeLog() });
  }

  async run(recipe: Recipe): Promise<void> {
    const { rig, receiver } = this.#parts();
    rig.clock.jump(6_000);
    const body = cook(recipe, WEBHOOK_BODIES);
    const signature = pick(
      [undefined, "", "0".repeat(64), signed("another key", body), body.toString("hex", 0, 32)],
      recipe.aside,
    );
    const answer = await receiver.receive(body, signature);
    must([200, 400, 401, 429].includes(answer.status), `a stranger was answered ${answer.status}`);
    if (answer.status === 200) await this.#isNoOracle(answer, receiver);
    must(this.#accepted === 0, "something of a stranger was taken in");
    checkPrototypes();
  }

  show(recipe: Recipe): string {
    return cook(recipe, WEBHOOK_BODIES).toString("latin1");
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    this.#rig = undefined;
  }

  /** What was signed on request must not pass as a delivery. */
  async #isNoOracle(answer: WebhookAnswer, receiver: WebhookReceiver): Promise<void> {
    const { challenge } = (answer.body ?? {}) as { challenge?: unknown };
    must(typeof challenge === "string" && /^[0-9a-f]{64}$/.test(challenge), "a verification without an answer");
    for (const forged of ["123", "null", "true", "challenge", "test-challenge", "-1.5e3"]) {
      const asked = Buffer.from(JSON.stringify({ eventType: "VERIFY", data: { challenge: forged } }));
      const reply = await receiver.receive(asked, undefined);
      const signature = ((reply.body ?? {}) as { challenge?: string }).challenge;
      if (signature === undefined) continue;
      const { status } = await receiver.receive(Buffer.from(forged), signature);
      must(status === 401, `a forged delivery ${forged} was answered ${status}`);
    }
  }

  #parts(): { rig: CarRig; receiver: WebhookReceiver } {
    if (this.#rig === undefined || this.#receiver === undefined) throw new Error("not renewed yet");
    return { rig: this.#rig, receiver: this.#receiver };
  }
}

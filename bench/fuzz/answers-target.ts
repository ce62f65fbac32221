import { parseJson } from "../../src/lib/json.ts";
import { judgeCommand } from "../../src/smartcar/command-outcome.ts";
import { readConnection } from "../../src/smartcar/connection.ts";
import { httpsUrl } from "../../src/smartcar/error-body.ts";
import { answerError, bodyError } from "../../src/smartcar/errors.ts";
import type { HttpAnswer } from "../../src/smartcar/http.ts";
import { readSignals } from "../../src/smartcar/normalise.ts";
import { collectPages } from "../../src/smartcar/paging.ts";
import { readRetryAfter, readTime } from "../../src/smartcar/timestamps.ts";
import { readToken, tokenRefusal } from "../../src/smartcar/token-request.ts";
import { readSubscription, readWebhook } from "../../src/smartcar/webhook-list.ts";
import { Page } from "../../src/smartcar/wire.ts";
import { CallError } from "../../src/vehicle/call-error.ts";
import { problemOf } from "../../src/vehicle/problem.ts";
import { FakeLog } from "../../test/support/fake-log.ts";
import { CarRig, KNOWN_CAR } from "./car-rig.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { cook, pick, type Recipe } from "./recipe.ts";
import { checkPrototypes, must, type Target } from "./target.ts";
import { OTHER_ANSWERS, SIGNALS_ANSWERS } from "./templates.ts";

const PRIVACIES = ["exact", "rounded", "off"] as const;
const STATUSES = [200, 201, 202, 204, 400, 401, 403, 404, 409, 429, 430, 500, 501, 502, 503, 504, 599];

/** Lists of signals as the vehicle API answers them, from the text to the topics. */
export class SignalsTarget implements Target {
  readonly name = "signals answers";
  readonly weight = 15;
  #rig: CarRig | undefined;
  #generation = 0;

  async renew(): Promise<void> {
    await this.close();
    this.#rig = new CarRig(pick(PRIVACIES, this.#generation++));
  }

  async run(recipe: Recipe): Promise<void> {
    const rig = this.#rig;
    if (rig === undefined) throw new Error("not renewed yet");
    rig.clock.jump(60_000);
    const receivedAt = rig.clock.now();
    const page = Page.safeParse(parseJson(cook(recipe, SIGNALS_ANSWERS).toString("utf8"))).data;
    const context = { source: "poll", receivedAt, toldAt: receivedAt, sequence: null } as const;
    const read = readSignals(page?.data ?? [], context);
    must(read !== null && read.skipped >= 0, "a list of signals that is none");
    await rig.intake.takePoll({
      vehicleId: KNOWN_CAR.id,
      source: "poll",
      receivedAt,
      observations: read.observations,
      problems: [],
    });
    rig.check();
    if (recipe.aside % 100 === 0) rig.checkRestart();
    checkPrototypes();
  }

  show(recipe: Recipe): string {
    return cook(recipe, SIGNALS_ANSWERS).toString("latin1");
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    this.#rig = undefined;
  }
}

/** Every other answer, read by everything that reads answers: each must cope with another's. */
export class AnswersTarget implements Target {
  readonly name = "other answers";
  readonly weight = 8;

  async renew(): Promise<void> {}
  async close(): Promise<void> {}

  async run(recipe: Recipe): Promise<void> {
    const text = cook(recipe, [...OTHER_ANSWERS, ...SIGNALS_ANSWERS.slice(0, 2)]).toString("utf8");
    const json = parseJson(text);
    const headerText = pick(HOSTILE_TEXTS, recipe.aside);
    const answer: HttpAnswer = {
      status: pick(STATUSES, recipe.aside),
      header: () => headerText,
      text,
      requestId: null,
    };
    for (const item of Page.safeParse(json).data?.data ?? [json]) {
      const connection = readConnection(item);
      if (connection !== null) must(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(connection.vehicleId), "vehicle id");
      readWebhook(item);
      readSubscription(item);
    }
    const pages = await collectPages(new URL("http://127.0.0.1/v3/x?page[number]=1"), {
      fetch: onePage(json),
      log: new FakeLog(),
    });
    must(Array.isArray(pages), "pages");
    checkError(answerError(answer, CONTEXT));
    checkError(tokenRefusal(answer, CONTEXT.now));
    checkToken(answer);
    const judged = judgeCommand(answer, (failed, body) => bodyError(body ?? null, failed, CONTEXT));
    if (judged.outcome !== "succeeded") checkError(judged.error);
    for (const at of [readRetryAfter(headerText, CONTEXT.now), readTime(headerText)]) {
      must(at === null || (Number.isFinite(at) && at > 0), `a time of ${at}`);
    }
    checkPrototypes();
  }

  show(recipe: Recipe): string {
    return cook(recipe, [...OTHER_ANSWERS, ...SIGNALS_ANSWERS.slice(0, 2)]).toString("latin1");
  }
}

const CONTEXT = { now: Date.UTC(2026, 10, 21), random: () => 0.5 };
const MOST_PAGES = 100;

function onePage(json: unknown): (url: URL) => Promise<Page> {
  let asked = 0;
  return async (url) => {
    must(url.origin === "http://127.0.0.1", `the list led to ${url.origin}`);
    must(++asked <= MOST_PAGES, "the list never ends");
    return Page.safeParse(json).data ?? { data: [] };
  };
}

function checkError(error: CallError): void {
  must(error instanceof CallError && typeof error.message === "string", "an error without words");
  must(error.url === null || httpsUrl(error.url) === error.url, `an error links to ${error.url}`);
  must(error.retryAt === null || Number.isFinite(error.retryAt), `to be tried again at ${error.retryAt}`);
  const problem = problemOf(error, CONTEXT.now);
  if (problem !== null) must(typeof problem.type === "string", "a problem without a type");
}

function checkToken(answer: HttpAnswer): void {
  try {
    const { token, lifeMs } = readToken(answer);
    must(/^[\x21-\x7e]+$/.test(token) && lifeMs > 0 && lifeMs <= 86_400_000, `a token for ${lifeMs} ms`);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
  }
}

import { describe, expect, it } from "vitest";
import { isSame, MadePayload, textOf } from "../../../src/bridge/kept-payload.ts";
import { SignalPayload } from "../../../src/bridge/signal-payload.ts";
import { signalDocument } from "../../../src/vehicle/shown.ts";
import type { HeldSignal } from "../../../src/vehicle/signal.ts";
import { observation, T0 } from "../../support/observations.ts";

describe("a payload that is made when it is needed", () => {
  it("is the same as another one, or a text, that says the same", () => {
    const made = new MadePayload(() => "a long text");
    expect(textOf(made)).toBe("a long text");
    expect(isSame(made, new MadePayload(() => ["a long", "text"].join(" ")))).toBe(true);
    expect(isSame(made, "a long text")).toBe(true);
    expect(isSame("a long text", made)).toBe(true);
    expect(isSame(made, new MadePayload(() => "another text"))).toBe(false);
    expect(isSame(made, "another text")).toBe(false);
  });
});

describe("the payload of a signal", () => {
  const held: HeldSignal = {
    code: observation().code,
    value: observation({ receivedAt: T0, toldAt: T0 }),
    complaint: null,
    refused: null,
  };
  const payload = new SignalPayload(held, true, false);

  it("is its document", () => {
    expect(JSON.parse(payload.text())).toEqual(signalDocument(held, true, false));
  });

  it("is the same for what was only told once more", () => {
    const toldAgain = { ...held, value: observation({ receivedAt: T0, toldAt: T0 + 5_000, sequence: 9 }) };
    expect(isSame(payload, new SignalPayload(toldAgain, true, false))).toBe(true);
  });

  it("is another one for news, for another verdict of its age, and when it is not a signal's", () => {
    const news = { ...held, value: observation({ receivedAt: T0 + 5_000 }) };
    const complaint = { ...held, complaint: observation({ status: "ERROR", body: null, toldAt: T0 + 5_000 }) };
    expect(isSame(payload, new SignalPayload(news, true, false))).toBe(false);
    expect(isSame(payload, new SignalPayload(complaint, true, false))).toBe(false);
    expect(isSame(payload, new SignalPayload(held, false, false))).toBe(false);
    expect(isSame(payload, new MadePayload(() => payload.text()))).toBe(false);
  });
});

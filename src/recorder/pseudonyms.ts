import { createHmac } from "node:crypto";

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Letters and digits a VIN is made of: no I, O and Q. */
const VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
const VIN_LENGTH = 17;
/** In the middle of the Atlantic, where nobody lives and no car stands. */
const OFFSHORE: Place = { latitude: 30, longitude: -40 };
/** Two decimals of a degree are about one kilometre. */
const DECIMALS = 2;
const FURTHEST_NORTH = 89;

/**
 * Stands in for what names a person, a car or a place: the same thing always by the same pseudonym, of the same shape, so
 * that a recording still makes sense. Nothing leads back without the key, which never leaves the process.
 */
export class Pseudonyms {
  readonly #key: Uint8Array;
  #first: Place | null = null;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** For any id, whatever it looked like: a UUID, as Smartcar's are. */
  id(text: string): string {
    const bytes = this.#digest("id", text).subarray(0, 16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /** For an id that is a number: a positive one of nine digits at most. */
  number(value: number): number {
    return this.#digest("number", String(value)).readUInt32BE(0) % 1_000_000_000;
  }

  vin(text: string): string {
    const bytes = this.#digest("vin", text.toUpperCase()).subarray(0, VIN_LENGTH);
    return [...bytes].map((byte) => VIN_LETTERS.charAt(byte % VIN_LETTERS.length)).join("");
  }

  /** For words that may say anything. */
  text(text: string): string {
    return text === "" ? "" : `text-${this.#digest("text", text).toString("hex", 0, 4)}`;
  }

  /** The address of a callback. */
  url(text: string): string {
    return `https://${this.#digest("url", text).toString("hex", 0, 4)}.invalid/`;
  }

  /**
   * The first place of all moves to the open sea, the others along with it, all rounded to about a kilometre: what remains
   * is how far places lie apart. 0/0 stands for "no position" and stays.
   */
  place({ latitude, longitude }: Place): Place {
    if (latitude === 0 && longitude === 0) return { latitude, longitude };
    this.#first ??= { latitude, longitude };
    const north = OFFSHORE.latitude + latitude - this.#first.latitude;
    const east = OFFSHORE.longitude + longitude - this.#first.longitude;
    return {
      latitude: rounded(Math.max(-FURTHEST_NORTH, Math.min(FURTHEST_NORTH, north))),
      longitude: rounded(((((east + 180) % 360) + 360) % 360) - 180),
    };
  }

  #digest(kind: string, text: string): Buffer {
    return createHmac("sha256", this.#key).update(`${kind}\n${text}`).digest();
  }
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS));
}

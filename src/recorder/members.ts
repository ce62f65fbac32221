import { isMemberName } from "./words.ts";

/** What a member's name says about its value. */
export interface Member {
  /** Nothing that was used as a name although it is a datum. */
  readonly isName: boolean;
  readonly isId: boolean;
  readonly isVin: boolean;
  readonly isCallback: boolean;
  /** What stands below names a person or where they live. */
  readonly isPrivate: boolean;
  /** Whatever stands below tells a place: also bare numbers. */
  readonly isPlace: boolean;
  /** A part of a place. */
  readonly isWhereabouts: boolean;
  readonly isLatitude: boolean;
  readonly isLongitude: boolean;
  /** Which way a car looks tells nobody where it is. */
  readonly isDirection: boolean;
  /** The signal's code, where the name is one: `TractionBattery.StateOfCharge`. */
  readonly signal: string | null;
}

const ID = /^(ids?|guid|uuid)$|[a-z](Ids?|IDs?)$|_ids?$/;
const PRIVATE =
  /^(user|owner|driver|account|customer)|nick|address|street|house|postal|postcode|^zip|^city$|region|phone|mail|serial|imei|plate|licen[cs]e|token|secret|password|passcode|pin$/i;
const PLACE = /^(location|position|place)$/i;
const WHEREABOUTS = /latitude|longitude|^(lat|lon|lng|long)$|^geo|^gps|pluscode|what3words|coordinates?$/i;
const LATITUDE = /^lat(itude)?$/i;
const LONGITUDE = /^(lon|lng|long|longitude)$/i;
const DIRECTION = /heading|direction|bearing/i;
const CALLBACK = /callback|^ur[il]$|uri$|url$/i;

function memberOf(name: string): Member {
  return {
    isName: isMemberName(name),
    isId: ID.test(name),
    isVin: /^vin$/i.test(name),
    isCallback: CALLBACK.test(name),
    isPrivate: PRIVATE.test(name),
    isPlace: PLACE.test(name),
    isWhereabouts: WHEREABOUTS.test(name),
    isLatitude: LATITUDE.test(name),
    isLongitude: LONGITUDE.test(name),
    isDirection: DIRECTION.test(name),
    signal: codeOfName(name),
  };
}

/** `TractionBattery.StateOfCharge` is `tractionbattery-stateofcharge`. */
export function codeOfName(name: string): string | null {
  return /^[A-Za-z]+[.-][A-Za-z]+$/.test(name) ? name.replace(".", "-").toLowerCase() : null;
}

/** Names come again and again. */
const MOST = 1_000;

/** Remembers what names say. */
export class Members {
  readonly #known = new Map<string, Member>();

  of(name: string): Member {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const member = memberOf(name);
    // What is no name may be anybody's datum: nothing of it is kept.
    if (member.isName && this.#known.size < MOST) this.#known.set(name, member);
    return member;
  }
}

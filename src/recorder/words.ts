/** What a text must look like to be kept: everything else is replaced by a pseudonym. */

const VIN = /\b(?=[A-Z]*\d)[A-HJ-NPR-Z0-9]{17}\b/i;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
/** Two exact numbers mean a place, whatever they are called. */
const COORDINATES = /\d\.\d{3,}[^\d]+\d+\.\d{3,}/;
/** A long run of letters mixed with digits is a key or an id. */
const KEYLIKE = /(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}/;
/** Telephone numbers, account numbers and the like. */
const NUMBER = /\d{7,}|\+\d[\d ()-]{6,}/;
/** Addresses; a single dot is left to models such as "ID.Buzz". */
const HOST = /\/\/|[\w-]+\.[\w-]+\.[a-z]{2,}/i;
/** Letters alone are none of these; most words are letters alone. */
const WORD = /^[A-Za-z_ ]{1,60}$/;
const PLAIN = /^[\p{L}\p{N} .,:;+/%()_-]{1,60}$/u;

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const CLOCK = /^\d\d:\d\d(:\d\d)?$/;
const SIGNAL_CODE = /^[a-z]+(-[a-z]+)+$/;
const PERMISSION = /^(required:)?[a-z]+(_[a-z]+){1,5}$/;
const CONSTANT = /^[A-Z]+(_[A-Z]+)*$/;
const KEY = /^[A-Za-z_$][A-Za-z0-9_$. -]{0,63}$/;

/** A short text without anything in it that could be an id, a key, a VIN or a place. */
export function isHarmless(text: string): boolean {
  return (
    WORD.test(text) ||
    (PLAIN.test(text) && ![VIN, UUID, COORDINATES, KEYLIKE, NUMBER, HOST].some((pattern) => pattern.test(text)))
  );
}

/** A date, with or without its time, or a time of day. */
export const isTime = (text: string): boolean => TIME.test(text) || CLOCK.test(text);
/** `tractionbattery-stateofcharge`, also of a signal nobody knows yet. */
export const isSignalCode = (text: string): boolean => text.length <= 80 && SIGNAL_CODE.test(text);
export const isPermission = (text: string): boolean => text.length <= 60 && PERMISSION.test(text);
/** `FIRST_DELIVERY` */
export const isConstant = (text: string): boolean => text.length <= 60 && CONSTANT.test(text) && !VIN.test(text);
/** A member's name that is one, and not a datum used as a name. */
export const isMemberName = (text: string): boolean => KEY.test(text) && isHarmless(text.replace(/^\$/, ""));
export const isUuid = (text: string): boolean => text.length === 36 && UUID.test(text);

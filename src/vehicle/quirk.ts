/** What is known of a make that a person should hear when something does not go as expected. */
export interface Quirk {
  readonly makes: string;
  /** Command name, or `problem` for faults of the car or account. */
  readonly about: string;
  /** Smartcar's error codes it explains; absent: any failure. */
  readonly codes?: readonly string[];
  readonly hint: string;
}

/** Source: Smartcar's notes on brands. Makes as Smartcar writes them, in lower case, separated by blanks. */
export const QUIRKS: readonly Quirk[] = [
  {
    makes: "buick cadillac chevrolet gmc",
    about: "problem",
    codes: ["ASLEEP"],
    hint: "After three or four idle days this make sleeps until the ignition is switched on.",
  },
  {
    makes: "buick cadillac chevrolet gmc",
    about: "charging",
    hint: "This make starts and stops charging only with at least 50 % in the battery.",
  },
  {
    makes: "buick cadillac chevrolet gmc",
    about: "problem",
    codes: ["RATE_LIMIT"],
    hint: "This make allows one read in 30 minutes, the maker's own app included.",
  },
  {
    makes: "polestar",
    about: "charging",
    hint: "This make cannot stop charging below 40 % charge.",
  },
  {
    makes: "volvo",
    about: "lock",
    hint: "Unlocking completes only when the boot is opened about 10 s after the request.",
  },
  {
    makes: "byd",
    about: "problem",
    codes: ["AUTHENTICATION_FAILED"],
    hint: "This make allows one session per account: the maker's app signs the bridge out. Use a second account for one of them.",
  },
  {
    makes: "rivian",
    about: "lock charging charge_limit charge_port destination",
    hint: "Commands of this make need Bluetooth pairing in a phone app made with Smartcar's SDK; Connect in a browser gives read access only.",
  },
  {
    makes: "rivian",
    about: "problem",
    codes: ["AUTHENTICATION_FAILED"],
    hint: "With two-factor sign-in this make asks to sign in again about every two weeks.",
  },
  {
    makes: "bmw mini",
    about: "charging",
    hint: "Charge commands of this make need OS 8 or newer, and only so many stops are allowed in 30 days.",
  },
  {
    makes: "bmw mini",
    about: "problem",
    codes: ["SUBSCRIPTION"],
    hint: "This make says so when the last data are over a month old: drive the car.",
  },
  {
    makes: "tesla",
    about: "problem",
    codes: ["REMOTE_ACCESS_DISABLED"],
    hint: "After remote access was switched on this make needs hours, up to a day.",
  },
  {
    makes: "volkswagen",
    about: "charging",
    hint: "Too many charge commands block more of them until the car is driven.",
  },
  {
    makes: "volkswagen",
    about: "lock",
    codes: ["ACCOUNT_ISSUE", "PERMISSION", "AUTHENTICATION_FAILED"],
    hint: "Some cars of this make need an identity check (Ident) in the maker's app for locking.",
  },
  {
    makes: "ford lincoln",
    about: "charging",
    hint: "Where the car holds a charge schedule, starting a charge runs to 100 %.",
  },
  {
    makes: "nissan",
    about: "charging",
    hint: "In the US this make can start charging, but not stop it.",
  },
  {
    makes: "opel peugeot citroen ds vauxhall",
    about: "charging charge_limit charge_schedule",
    hint: "This make needs a PIN and a second factor for charge control.",
  },
  {
    makes: "audi",
    about: "problem",
    codes: ["PERMISSION"],
    hint: "The account must be Key User of the car.",
  },
];

/** What to add to a failed command or a problem of this make; null when nothing is known. Pure. */
export function quirkHint(make: string | null, about: string, code: string | null): string | null {
  const name = (make ?? "").toLowerCase();
  const quirk = QUIRKS.find(
    ({ makes, about: topics, codes }) =>
      makes.split(" ").includes(name) &&
      topics.split(" ").includes(about) &&
      (codes === undefined || (code !== null && codes.includes(code))),
  );
  return quirk?.hint ?? null;
}

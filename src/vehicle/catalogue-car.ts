import { isObject } from "../lib/json.ts";
import {
  type BodyReader,
  CORNERS,
  flagAsWord,
  flagAt,
  flagAtCorner,
  fuelLevel,
  ifTold,
  listAt,
  numberAt,
  place,
  textAt,
  tirePressureAt,
} from "./body-readers.ts";
import {
  flag,
  latch,
  list,
  measure,
  moving,
  type ReadingSpec,
  type SignalSpec,
  signal,
  within,
  word,
} from "./catalogue-row.ts";

const value = numberAt("value");
const isTrue = flagAt("value");
const says = textAt("value");

const DOORS = ["values", "doors"];
const WINDOWS = ["values", "windows"];

/** A lid that tells whether it is open and, on some cars, whether it is locked. */
const lid = (name: string, label: string): readonly ReadingSpec[] => [
  flag(name, label, ifTold("isOpen", flagAt("isOpen")), { deviceClass: "opening" }),
  latch(`${name}_lock`, `${label} lock`, ifTold("isLocked", flagAt("isLocked"))),
];

const heating = (name: string, label: string, icon: string): ReadingSpec =>
  flag(name, label, isTrue, { deviceClass: "running", icon });

const location: ReadingSpec = {
  name: "location",
  label: "Location",
  read: place,
  quantity: "none",
  entity: { platform: "device_tracker", icon: "mdi:car" },
  refuse: (at) => (isObject(at) && at["latitude"] === 0 && at["longitude"] === 0 ? "0/0 stands for no position" : null),
};

/** Told once and never again: facts for a card about the car, not for a history. */
const fact = (name: string, label: string, icon: string, read: BodyReader = says): ReadingSpec =>
  word(name, label, read, { diagnostic: true, disabled: true, icon });

export const CAR_SIGNALS: readonly SignalSpec[] = [
  signal(
    "Climate",
    "ExternalTemperature",
    measure("external_temperature", "External temperature", "temperature", value),
  ),
  signal(
    "Climate",
    "InternalTemperature",
    measure("internal_temperature", "Internal temperature", "temperature", value),
  ),

  signal(
    "Closure",
    "Doors",
    ...CORNERS.flatMap((corner) => [
      flag(`door_${corner.name}`, `${corner.label} door`, flagAtCorner(corner, DOORS, "isOpen"), {
        deviceClass: "door",
      }),
      latch(`door_${corner.name}_lock`, `${corner.label} door lock`, flagAtCorner(corner, DOORS, "isLocked")),
    ]),
  ),
  signal("Closure", "EngineCover", flag("engine_cover", "Engine cover", flagAt("isOpen"), { deviceClass: "opening" })),
  signal("Closure", "FrontTrunk", ...lid("front_trunk", "Front trunk")),
  signal(
    "Closure",
    "IsLocked",
    // Words rather than a flag: while a command runs the same topic says LOCKING or UNLOCKING.
    flag("lock", "Lock", flagAsWord("value", "LOCKED", "UNLOCKED"), {
      deviceClass: "lock",
    }),
  ),
  signal("Closure", "RearTrunk", ...lid("rear_trunk", "Rear trunk")),
  signal("Closure", "Sunroof", flag("sunroof", "Sunroof", flagAt("isOpen"), { deviceClass: "window" })),
  signal("Closure", "Tailgate", ...lid("tailgate", "Tailgate")),
  signal(
    "Closure",
    "Windows",
    ...CORNERS.map((corner) =>
      flag(`window_${corner.name}`, `${corner.label} window`, flagAtCorner(corner, WINDOWS, "isOpen"), {
        deviceClass: "window",
      }),
    ),
  ),

  signal(
    "ConnectivitySoftware",
    "CurrentFirmwareVersion",
    word("firmware_version", "Firmware version", says, { diagnostic: true, icon: "mdi:chip" }),
  ),
  signal("ConnectivityStatus", "IsAsleep", flag("asleep", "Asleep", isTrue, { diagnostic: true, icon: "mdi:sleep" })),
  signal(
    "ConnectivityStatus",
    "IsDigitalKeyPaired",
    flag("digital_key_paired", "Digital key paired", isTrue, {
      diagnostic: true,
      disabled: true,
      icon: "mdi:key-wireless",
    }),
  ),
  signal(
    "ConnectivityStatus",
    "IsOnline",
    flag("online", "Online", isTrue, { deviceClass: "connectivity", diagnostic: true }),
  ),

  signal(
    "HVAC",
    "CabinTargetTemperature",
    measure("cabin_target_temperature", "Cabin target temperature", "temperature", value, {
      icon: "mdi:thermostat",
    }),
  ),
  signal("HVAC", "IsCabinHVACActive", heating("cabin_hvac_active", "Cabin climate", "mdi:air-conditioner")),
  signal(
    "HVAC",
    "IsFrontDefrosterActive",
    heating("front_defroster_active", "Front defroster", "mdi:car-defrost-front"),
  ),
  signal("HVAC", "IsRearDefrosterActive", heating("rear_defroster_active", "Rear defroster", "mdi:car-defrost-rear")),
  signal("HVAC", "IsSteeringHeaterActive", heating("steering_heater_active", "Steering wheel heater", "mdi:steering")),

  signal("InternalCombustionEngine", "AmountRemaining", measure("fuel", "Fuel", "volume", value, { precision: 1 })),
  signal(
    "InternalCombustionEngine",
    "FuelLevel",
    measure("fuel_percent", "Fuel level", "percent", fuelLevel, { icon: "mdi:gas-station" }),
  ),
  signal(
    "InternalCombustionEngine",
    "OilLife",
    measure("engine_oil_life", "Engine oil life", "percent", value, { icon: "mdi:oil", diagnostic: true }),
  ),
  signal(
    "InternalCombustionEngine",
    "Range",
    measure("fuel_range", "Fuel range", "distance", value, { precision: 0, icon: "mdi:map-marker-distance" }),
  ),

  signal("Location", "IsAtHome", flag("at_home", "At home", isTrue, { deviceClass: "presence" })),
  signal("Location", "PreciseLocation", location),

  signal(
    "LowVoltageBattery",
    "StateOfCharge",
    measure("low_voltage_battery", "12 V battery", "percent", value, { deviceClass: "battery", diagnostic: true }),
  ),
  signal(
    "LowVoltageBattery",
    "Status",
    word("low_voltage_battery_status", "12 V battery status", says, { diagnostic: true, icon: "mdi:car-battery" }),
  ),
  signal(
    "Motion",
    "CurrentSpeed",
    within(measure("speed", "Speed", "speed", value, { precision: 0 }), { min: 0, max: 450, not: [255] }),
  ),
  moving(
    signal(
      "Odometer",
      "TraveledDistance",
      // A car that says 0 for a moment would begin a new meter in Home Assistant's statistics.
      within(
        measure("odometer", "Odometer", "distance", value, {
          stateClass: "total_increasing",
          precision: 0,
          icon: "mdi:counter",
        }),
        { min: 0.1, max: 3_000_000 },
      ),
    ),
    { rising: true, perMinute: 5, slack: 50 },
  ),

  signal("Service", "IsInService", flag("in_service", "In service", isTrue, { icon: "mdi:car-wrench" })),
  signal(
    "Service",
    "Records",
    list("service_records", "Service records", listAt("values"), { list: "length", icon: "mdi:wrench-clock" }),
  ),
  signal("Surveillance", "Brand", fact("surveillance_brand", "Surveillance brand", "mdi:cctv")),
  signal("Surveillance", "IsEnabled", flag("surveillance_enabled", "Surveillance", isTrue, { icon: "mdi:cctv" })),

  signal(
    "Transmission",
    "DriveMode",
    word("drive_mode", "Drive mode", textAt("canonical"), { icon: "mdi:car-sports" }),
    fact("drive_mode_name", "Drive mode name", "mdi:car-sports", ifTold("oemDisplayName", textAt("oemDisplayName"))),
  ),
  signal("Transmission", "GearState", word("gear_state", "Gear", says, { icon: "mdi:car-shift-pattern" })),

  signal("VehicleIdentification", "ExteriorColor", fact("exterior_color", "Exterior color", "mdi:palette")),
  signal("VehicleIdentification", "Nickname", fact("nickname", "Nickname", "mdi:tag-outline")),
  signal(
    "VehicleIdentification",
    "Packages",
    list("packages", "Packages", listAt("values"), { list: "entries", icon: "mdi:package-variant" }),
  ),
  signal("VehicleIdentification", "Trim", fact("trim", "Trim", "mdi:car-info")),
  signal("VehicleIdentification", "VIN", fact("vin", "VIN", "mdi:identifier")),
  signal(
    "VehicleUserAccount",
    "Permissions",
    list("account_permissions", "Account permissions", listAt("values"), {
      list: "entries",
      icon: "mdi:account-check",
    }),
  ),
  signal("VehicleUserAccount", "Role", fact("account_role", "Account role", "mdi:account-key")),

  signal("Wheel", "Style", fact("wheel_style", "Wheel style", "mdi:tire")),
  signal(
    "Wheel",
    "Tires",
    ...CORNERS.map((corner) =>
      measure(`tire_pressure_${corner.name}`, `${corner.label} tire pressure`, "pressure", tirePressureAt(corner), {
        precision: 0,
        icon: "mdi:car-tire-alert",
      }),
    ),
  ),
];

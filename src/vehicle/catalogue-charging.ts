import {
  activeChargeLimit,
  additionalRange,
  type BodyReader,
  flagAt,
  ifTold,
  listAt,
  numberAt,
  textAt,
} from "./body-readers.ts";
import {
  count,
  flag,
  list,
  measure,
  moving,
  type ReadingSpec,
  type SignalSpec,
  signal,
  word,
} from "./catalogue-row.ts";

const value = numberAt("value");
const isTrue = flagAt("value");
const says = textAt("value");

/** Some cars tell these within the usual range, others may do so as signals of their own: one reading either way. */
const otherRange = (name: string, label: string, read: BodyReader): ReadingSpec =>
  measure(name, label, "distance", read, { precision: 0, disabled: true, icon: "mdi:map-marker-distance" });
const rangeEstimated = (read: BodyReader) => otherRange("range_estimated", "Estimated range", read);
const rangeIdeal = (read: BodyReader) => otherRange("range_ideal", "Ideal range", read);
const rangeRated = (read: BodyReader) => otherRange("range_rated", "Rated range", read);

export const CHARGING_SIGNALS: readonly SignalSpec[] = [
  signal("Charge", "Amperage", measure("charging_current", "Charging current", "current", value)),
  signal("Charge", "AmperageMax", measure("charging_current_max", "Maximum charging current", "current", value)),
  signal(
    "Charge",
    "AmperageRequested",
    measure("charging_current_requested", "Requested charging current", "current", value, { disabled: true }),
  ),
  signal(
    "Charge",
    "ChargeLimits",
    measure("charge_limit", "Charge limit", "percent", activeChargeLimit, { icon: "mdi:battery-charging-80" }),
    list("charge_limits", "Charge limits", ifTold("values", listAt("values")), {
      list: "entries",
      icon: "mdi:battery-lock",
    }),
  ),
  signal(
    "Charge",
    "ChargePortStatusColor",
    word("charge_port_color", "Charge port color", says, { diagnostic: true, disabled: true, icon: "mdi:palette" }),
  ),
  signal("Charge", "ChargeRate", measure("charge_rate", "Charge rate", "speed", value, { icon: "mdi:ev-station" })),
  signal(
    "Charge",
    "ChargeRecords",
    list("charge_records", "Charge records", listAt("values"), { list: "length", icon: "mdi:history" }),
  ),
  signal(
    "Charge",
    "ChargeTimers",
    list("charge_timers", "Charge timers", listAt("values"), { list: "entries", icon: "mdi:calendar-clock" }),
  ),
  signal(
    "Charge",
    "ChargerPhases",
    count("charging_phases", "Charging phases", value, { diagnostic: true, disabled: true, icon: "mdi:sine-wave" }),
  ),
  signal(
    "Charge",
    "ChargingConnectorType",
    word("charging_connector_type", "Charging connector type", says, {
      diagnostic: true,
      disabled: true,
      icon: "mdi:ev-plug-type2",
    }),
  ),
  signal(
    "Charge",
    "DetailedChargingStatus",
    word("charging_status", "Charging status", says, { icon: "mdi:battery-charging" }),
  ),
  signal(
    "Charge",
    "EnergyAdded",
    // Begins anew with each session, which `total_increasing` takes for a new meter.
    measure("energy_added", "Energy added", "energy", value, { stateClass: "total_increasing", precision: 1 }),
  ),
  signal(
    "Charge",
    "FastChargerType",
    word("fast_charger_type", "Fast charger type", says, {
      diagnostic: true,
      disabled: true,
      icon: "mdi:ev-plug-ccs2",
    }),
  ),
  signal("Charge", "IsCharging", flag("charging", "Charging", isTrue, { deviceClass: "battery_charging" })),
  signal(
    "Charge",
    "IsChargingCableConnected",
    flag("charging_cable_plugged_in", "Charging cable plugged in", isTrue, { deviceClass: "plug" }),
  ),
  signal(
    "Charge",
    "IsChargingCableLatched",
    flag("charging_cable_latched", "Charging cable latched", isTrue, { icon: "mdi:lock-outline" }),
  ),
  signal("Charge", "IsChargingPortFlapOpen", flag("charge_port", "Charge port", isTrue, { deviceClass: "opening" })),
  signal(
    "Charge",
    "IsFastChargerPresent",
    flag("fast_charger_connected", "Fast charger connected", isTrue, { deviceClass: "plug" }),
  ),
  signal("Charge", "TimeToComplete", measure("time_to_complete", "Time to complete", "duration", value)),
  signal("Charge", "Voltage", measure("charging_voltage", "Charging voltage", "voltage", value)),
  signal("Charge", "Wattage", measure("charging_power", "Charging power", "power", value)),

  signal(
    "TractionBattery",
    "IsHeaterActive",
    flag("battery_heater_active", "Battery heater", isTrue, { deviceClass: "running", icon: "mdi:heat-wave" }),
  ),
  signal(
    "TractionBattery",
    "MaxRangeChargeCounter",
    count("max_range_charges", "Charges to maximum range", value, {
      stateClass: "total_increasing",
      diagnostic: true,
      disabled: true,
      icon: "mdi:counter",
    }),
  ),
  signal(
    "TractionBattery",
    "NominalCapacity",
    measure("battery_capacity", "Battery capacity", "energy_storage", numberAt("capacity"), { diagnostic: true }),
  ),
  signal(
    "TractionBattery",
    "Range",
    measure("range", "Range", "distance", value, { precision: 0, icon: "mdi:map-marker-distance" }),
    rangeEstimated(additionalRange("ESTIMATED")),
    rangeIdeal(additionalRange("IDEAL_CONDITIONS")),
    rangeRated(additionalRange("RATED")),
  ),
  moving(
    signal(
      "TractionBattery",
      "StateOfCharge",
      measure("battery", "Battery", "percent", value, { deviceClass: "battery" }),
    ),
    // The quickest chargers give 6 % a minute; a car that wakes from a long sleep has had the time.
    { perMinute: 8, slack: 25 },
  ),
  // The three that follow are known from the public compatibility matrix only.
  signal("TractionBattery", "EstimatedRange", rangeEstimated(value)),
  signal("TractionBattery", "IdealRange", rangeIdeal(value)),
  signal("TractionBattery", "RatedRange", rangeRated(value)),
];

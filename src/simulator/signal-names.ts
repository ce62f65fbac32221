/** How a signal is called on the wire, and the permission that Smartcar seems to ask for it. */
export interface SignalName {
  readonly code: string;
  readonly group: string;
  readonly name: string;
  /** null for codes we do not know: those are never withheld. */
  readonly permission: string | null;
}

interface Group {
  readonly permission: string;
  readonly names: string;
}

/** The public catalogue. A code is always `group-name` in lower case, so only the spelling needs a table. */
const GROUPS: Record<string, Group> = {
  Charge: {
    permission: "read_charge",
    names: `Amperage AmperageMax AmperageRequested ChargeLimits ChargePortStatusColor ChargeRate ChargeRecords
      ChargeTimers ChargerPhases ChargingConnectorType DetailedChargingStatus EnergyAdded FastChargerType IsCharging
      IsChargingCableConnected IsChargingCableLatched IsChargingPortFlapOpen IsFastChargerPresent TimeToComplete
      Voltage Wattage`,
  },
  Climate: { permission: "read_thermometer", names: "ExternalTemperature InternalTemperature" },
  Closure: {
    permission: "read_security",
    names: "Doors EngineCover FrontTrunk IsLocked RearTrunk Sunroof Tailgate Windows",
  },
  ConnectivitySoftware: { permission: "read_extended_vehicle_info", names: "CurrentFirmwareVersion" },
  ConnectivityStatus: { permission: "read_vehicle_info", names: "IsAsleep IsDigitalKeyPaired IsOnline" },
  Diagnostics: {
    permission: "read_diagnostics",
    names: `ABS ActiveSafety Airbag BrakeFluid DriverAssistance DTCCount DTCList Emissions EVBatteryConditioning
      EVCharging EVDriveUnit EVHVBattery Lighting MIL OilLife OilPressure OilTemperature Telematics TirePressure
      TirePressureMonitoring Transmission WasherFluid WaterInFuel`,
  },
  HVAC: {
    permission: "read_climate",
    names: `CabinTargetTemperature IsCabinHVACActive IsFrontDefrosterActive IsRearDefrosterActive
      IsSteeringHeaterActive`,
  },
  InternalCombustionEngine: { permission: "read_fuel", names: "AmountRemaining FuelLevel OilLife Range" },
  Location: { permission: "read_location", names: "IsAtHome PreciseLocation" },
  LowVoltageBattery: { permission: "read_battery", names: "StateOfCharge Status" },
  Motion: { permission: "read_speedometer", names: "CurrentSpeed" },
  Odometer: { permission: "read_odometer", names: "TraveledDistance" },
  Service: { permission: "read_service_history", names: "IsInService Records" },
  Surveillance: { permission: "read_security", names: "Brand IsEnabled" },
  TractionBattery: {
    permission: "read_battery",
    names: `EstimatedRange IdealRange IsHeaterActive MaxRangeChargeCounter NominalCapacity Range RatedRange
      StateOfCharge`,
  },
  Transmission: { permission: "read_extended_vehicle_info", names: "DriveMode GearState" },
  VehicleIdentification: {
    permission: "read_extended_vehicle_info",
    names: "ExteriorColor Nickname Packages Trim VIN",
  },
  VehicleUserAccount: { permission: "read_user_profile", names: "Permissions Role" },
  Wheel: { permission: "read_tires", names: "Style Tires" },
};

const PERMISSION_OF: Record<string, string> = {
  "charge-chargerecords": "read_charge_records",
  "internalcombustionengine-oillife": "read_engine_oil",
  "vehicleidentification-nickname": "read_vehicle_info",
  "vehicleidentification-vin": "read_vin",
  "wheel-style": "read_extended_vehicle_info",
};

export const KNOWN_SIGNALS: readonly SignalName[] = Object.entries(GROUPS).flatMap(([group, { permission, names }]) =>
  names.split(/\s+/).map((name) => {
    const code = `${group}-${name}`.toLowerCase();
    return { code, group, name, permission: PERMISSION_OF[code] ?? permission };
  }),
);

const BY_CODE = new Map(KNOWN_SIGNALS.map((signal) => [signal.code, signal]));

/** Unknown codes are served too (new signals will come): their spelling is guessed from the code. */
export function signalName(code: string): SignalName {
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  const [group = code, ...rest] = code.split("-");
  return { code, group: capital(group), name: rest.map(capital).join("") || capital(group), permission: null };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Groups that a free plan's webhook may carry; the others stay reachable through REST only. */
export const FREE_PLAN_GROUPS: ReadonlySet<string> = new Set([
  "Closure",
  "ConnectivitySoftware",
  "ConnectivityStatus",
  "InternalCombustionEngine",
  "Odometer",
  "TractionBattery",
  "VehicleIdentification",
  "VehicleUserAccount",
]);

/** Every permission of Smartcar's list: what an owner grants when nothing else is said. */
export const ALL_PERMISSIONS: readonly string[] = [
  ...new Set(KNOWN_SIGNALS.flatMap(({ permission }) => (permission === null ? [] : [permission]))),
  ..."read_alerts read_charge_events read_charge_locations read_compass".split(" "),
  ..."control_charge control_climate control_navigation control_pin control_security control_trunk".split(" "),
];

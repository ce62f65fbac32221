declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Smartcar's id of one car. Stays when the owner signs in again; everything is keyed on it. */
export type VehicleId = Branded<"VehicleId">;
/** Smartcar's id of the person who connected a car; sent as `sc-user-id`. */
export type UserId = Branded<"UserId">;
/** Lower-case `group-name` code of a signal, `tractionbattery-stateofcharge`. An open set. */
export type SignalCode = Branded<"SignalCode">;

export const vehicleId = (text: string): VehicleId => text as VehicleId;
export const userId = (text: string): UserId => text as UserId;
export const signalCode = (text: string): SignalCode => text.toLowerCase() as SignalCode;

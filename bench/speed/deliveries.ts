import { createHmac, randomUUID } from "node:crypto";

/** The simulator's management token. */
export const KEY = "simulator-management-token";

/** A delivery of about 5 KB in Smartcar's main form, signed. Every one tells newer values of 25 signals. */
export function signedDelivery(
  key: string,
  vehicleId: string,
  sequence: number,
  odometer = 50_000,
): { body: Buffer; signature: string } {
  const at = Date.now();
  const signals = Array.from({ length: 25 }, (_, index) => ({
    code: CODES[index] ?? `bench-signal${index}`,
    name: "Value",
    group: "Bench",
    body: { value: index === ODOMETER ? odometer : 20 + ((sequence + index) % 3) },
    status: { value: "SUCCESS" },
    meta: { oemUpdatedAt: at, retrievedAt: at },
  }));
  const body = Buffer.from(
    JSON.stringify({
      eventId: randomUUID(),
      eventType: "VEHICLE_STATE",
      data: { user: { id: "user-1" }, vehicle: { id: vehicleId, make: "TEST", model: "Car", year: 2024 }, signals },
      triggers: [
        { type: "SIGNAL_UPDATED", signal: { code: CODES[0], name: "StateOfCharge", group: "TractionBattery" } },
      ],
      meta: {
        version: "4.0",
        deliveryId: randomUUID(),
        deliveredAt: at,
        webhookId: "bench",
        webhookName: "bench",
        mode: "LIVE",
        signalCount: signals.length,
        sequence: at * 1_000 + sequence,
        padding: "x".repeat(400),
      },
    }),
  );
  return { body, signature: createHmac("sha256", key).update(body).digest("hex") };
}

const ODOMETER = 2;
const CODES = [
  "tractionbattery-stateofcharge",
  "tractionbattery-range",
  "odometer-traveleddistance",
  "charge-wattage",
  "charge-voltage",
  "charge-amperage",
  "climate-externaltemperature",
  "climate-internaltemperature",
];

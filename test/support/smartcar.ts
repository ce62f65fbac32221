import { simulatorEnvironment } from "../../src/cli/simulated.ts";

/** What the simulator expects of a program unless it is told otherwise. */
export const CREDENTIALS = {
  clientId: "client_simulator",
  clientSecret: "simulator-secret",
  managementToken: "simulator-management-token",
};

/** The configuration of a program that talks to the simulator at this address, and makes no links of Connect. */
export function smartcarAt(url: string, credentials = CREDENTIALS): Readonly<Record<string, string>> {
  const { SMARTCAR_APPLICATION_ID: _, ...rest } = simulatorEnvironment(url, { ...credentials, applicationId: "" });
  return rest;
}

/** What the simulator expects of a program unless it is told otherwise. */
export const CREDENTIALS = {
  clientId: "client_simulator",
  clientSecret: "simulator-secret",
  managementToken: "simulator-management-token",
};

/** The configuration of a program that talks to the simulator at this address. */
export function smartcarAt(url: string, credentials = CREDENTIALS): Readonly<Record<string, string>> {
  return {
    SMARTCAR_CLIENT_ID: credentials.clientId,
    SMARTCAR_CLIENT_SECRET: credentials.clientSecret,
    SMARTCAR_MANAGEMENT_TOKEN: credentials.managementToken,
    SMARTCAR_IAM_URL: url,
    SMARTCAR_VEHICLE_API_URL: `${url}/v3`,
    SMARTCAR_MANAGEMENT_API_URL: `${url}/v3`,
    SMARTCAR_CONNECT_URL: url,
  };
}

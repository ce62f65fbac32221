/** What a daemon needs to know of the simulator it talks to; the names are those of the simulator's options. */
export interface SimulatedCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly applicationId: string;
  readonly managementToken: string;
}

/** The environment that points a daemon at a simulator. */
export function simulatorEnvironment(url: string, credentials: SimulatedCredentials): Record<string, string> {
  return {
    SMARTCAR_CLIENT_ID: credentials.clientId,
    SMARTCAR_CLIENT_SECRET: credentials.clientSecret,
    SMARTCAR_APPLICATION_ID: credentials.applicationId,
    SMARTCAR_MANAGEMENT_TOKEN: credentials.managementToken,
    SMARTCAR_IAM_URL: url,
    SMARTCAR_VEHICLE_API_URL: `${url}/v3`,
    SMARTCAR_MANAGEMENT_API_URL: `${url}/v3`,
    SMARTCAR_CONNECT_URL: url,
  };
}

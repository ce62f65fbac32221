import { connect } from "mqtt";
import packets from "mqtt-packet";

// Otherwise its first packet makes a buffer for each of the 65,536 packet ids and keeps them: 9 MB that save nothing.
packets.writeToStream.cacheNumbers = false;

/** The MQTT client, set up for this process. */
export const mqttConnect = connect;

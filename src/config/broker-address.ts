import { withoutTrailingSlash } from "./addresses.ts";
import { fromText } from "./values.ts";

/** Address of an MQTT broker, without credentials: the loader has moved those to their own keys. */
export function brokerAddress() {
  return fromText((text) => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
    if (scheme === undefined) {
      return { what: "has no scheme", mend: "write it like mqtt://192.168.1.10:1883" };
    }
    if (!["mqtt", "mqtts", "ws", "wss"].includes(scheme)) {
      return { what: `begins with ${scheme}://`, mend: "use mqtt://, mqtts://, ws:// or wss://" };
    }
    if (!URL.canParse(text) || new URL(text).hostname === "") {
      return { what: "is no address of a broker", mend: "write it like mqtt://192.168.1.10:1883" };
    }
    const url = new URL(text);
    if (url.hash !== "") return { what: "carries a #fragment", mend: "take it out of the address" };
    if (/^mqtts?$/.test(scheme) && !["", "/"].includes(url.pathname + url.search)) {
      return { what: "has a path", mend: "end it after host and port; only ws and wss have a path" };
    }
    return { ok: withoutTrailingSlash(url.href) };
  });
}

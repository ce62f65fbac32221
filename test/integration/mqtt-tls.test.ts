import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RANK } from "../../src/bridge/retained.ts";
import type { BrokerSettings } from "../../src/bridge/session-options.ts";
import { bridgeFixture } from "../support/bridge-fixture.ts";
import { hasMosquitto, startAedes, startMosquitto } from "../support/brokers.ts";
import { cleanups } from "../support/cleanups.ts";
import { createTestCa, hasOpenssl, type TestCa } from "../support/test-ca.ts";

const possible = [hasMosquitto(), hasOpenssl()].every(Boolean);

describe.skipIf(!possible)("TLS", () => {
  let ca: TestCa;
  beforeAll(() => {
    ca = createTestCa();
  });
  afterAll(() => ca.remove());

  async function broker(name: string, { clientCertificates = false } = {}) {
    const { certFile, keyFile } = ca.issue(name);
    const config = [`cafile ${ca.caFile}`, `certfile ${certFile}`, `keyfile ${keyFile}`];
    if (clientCertificates) config.push("require_certificate true");
    const started = await startMosquitto({ scheme: "mqtts", config });
    cleanups.push(() => started.stop());
    return started;
  }

  async function webSocketBroker(name: string) {
    const { certFile, keyFile } = ca.issue(name);
    const webSocket = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const started = await startAedes({}, { webSocket });
    cleanups.push(() => started.stop());
    return started;
  }

  function bridge(settings: Partial<BrokerSettings> & { url: string }) {
    const started = bridgeFixture(settings);
    cleanups.push(() => started.stop());
    started.publisher.retain("smartcar/bridge/state", "online", RANK.bridge);
    started.session.start();
    return started;
  }

  it("trusts a broker by the CA of its owner, also over WebSocket", async () => {
    const { url } = await broker("ip:127.0.0.1");
    const { url: webSocketUrl } = await webSocketBroker("ip:127.0.0.1");
    for (const trusting of [
      bridge({ url, caFile: ca.caFile }),
      bridge({ url: webSocketUrl, caFile: ca.caFile, version: "3.1.1" }),
    ]) {
      await trusting.state("connected");
      await trusting.publisher.idle();
      expect(trusting.log.at("warn")).toEqual([]);
    }
  });

  it("refuses a broker of an unknown CA and names the check that failed", async () => {
    const { url } = await broker("ip:127.0.0.1");
    const careful = bridge({ url });
    expect((await careful.state("waiting")).detail).toContain("mqtt.ca_file");
  });

  it("refuses a certificate for another host, unless told which name to expect", async () => {
    for (const { url } of [await broker("broker.home"), await webSocketBroker("broker.home")]) {
      const version = url.startsWith("wss") ? "3.1.1" : "5";
      const careful = bridge({ url, version, caFile: ca.caFile });
      expect((await careful.state("waiting")).detail).toContain("mqtt.servername");
      await careful.stop();
      const told = bridge({ url, version, caFile: ca.caFile, servername: "broker.home" });
      await told.state("connected");
      await told.stop();
    }
  });

  it("connects unverified only when told to, and warns", async () => {
    const { url } = await broker("broker.home");
    const careless = bridge({ url, rejectUnauthorized: false });
    await careless.state("connected");
    expect(careless.log.at("warn")[0]?.message).toContain("reject_unauthorized");
  });

  it("shows its own certificate, read again at every attempt", async () => {
    const { url } = await broker("ip:127.0.0.1", { clientCertificates: true });
    const own = ca.issue("bridge");
    const certFile = join(ca.dir, "late.crt");
    const late = bridge({ url, caFile: ca.caFile, certFile, keyFile: own.keyFile });
    expect((await late.state("refused")).detail).toContain("late.crt");
    copyFileSync(own.certFile, certFile);
    await late.state("connected");
  });

  it("says that a plain URL does not fit a TLS port, and the other way round", async () => {
    const { port } = await broker("ip:127.0.0.1");
    const plain = bridge({ url: `mqtt://127.0.0.1:${port}` });
    expect((await plain.state("waiting")).detail).toContain("mqtt.url");
    const open = await startMosquitto();
    cleanups.push(() => open.stop());
    const secure = bridge({ url: `mqtts://127.0.0.1:${open.port}`, caFile: ca.caFile });
    expect((await secure.state("waiting")).detail).toMatch(/mqtt:\/\/|mqtt\.url/);
  });
});

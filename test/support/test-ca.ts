import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atHand, installed } from "./installed.ts";

export interface TestCa {
  readonly dir: string;
  readonly caFile: string;
  /** Makes a certificate for a host name or, with `ip:`, an address; returns its files. */
  issue(name: string): { readonly certFile: string; readonly keyFile: string };
  remove(): void;
}

/** Is there what certificates are made with? */
export function hasOpenssl(): boolean {
  return atHand(installed(["openssl"]), "openssl", "the tests with certificates");
}

/** A certificate authority of our own, as a home broker has one. */
export function createTestCa(): TestCa {
  const dir = mkdtempSync(join(tmpdir(), "test-ca-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.crt");
  let count = 0;
  return {
    dir,
    caFile: join(dir, "ca.crt"),
    issue(name) {
      const id = `cert${++count}`;
      const alternative = name.startsWith("ip:") ? `IP:${name.slice(3)}` : `DNS:${name}`;
      writeFileSync(join(dir, `${id}.ext`), `subjectAltName=${alternative}\n`);
      openssl("req", ...newKey, "-subj", `/CN=${id}`, "-keyout", `${id}.key`, "-out", `${id}.csr`);
      const ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
      openssl("x509", "-req", "-in", `${id}.csr`, ...ca, "-days", "2", "-extfile", `${id}.ext`, "-out", `${id}.crt`);
      return { certFile: join(dir, `${id}.crt`), keyFile: join(dir, `${id}.key`) };
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

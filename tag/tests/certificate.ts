/** A certificate authority for one run, and certificates of it for any host name. */
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";

export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), "flux-ca-"));
  private readonly issued = new Map<string, SecureContext>();

  constructor() {
    const subject = ["-subj", "/CN=Test authority", "-days", "2"];
    this.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...subject, "-keyout", "ca.key", "-out", "ca.pem");
    this.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "host.key");
  }

  /** The hash of the key that all hosts have, as Chromium takes it: everything else is verified as usual. */
  get fingerprint(): string {
    const key = createPublicKey(createPrivateKey(this.read("host.key"))).export({ type: "spki", format: "der" });
    return createHash("sha256").update(key).digest("base64");
  }

  /** A certificate for `host`. */
  for(host: string): SecureContext {
    const known = this.issued.get(host);
    if (known) return known;
    writeFileSync(join(this.folder, "names"), `subjectAltName=DNS:${host}\n`);
    this.openssl("req", "-new", "-key", "host.key", "-subj", `/CN=${host}`, "-out", "host.csr");
    this.openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "host.pem");
    const context = createSecureContext({ key: this.read("host.key"), cert: this.read("host.pem") + this.read("ca.pem") });
    this.issued.set(host, context);
    return context;
  }

  /** Forgets its keys. */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  private openssl(...arguments_: string[]): void {
    execFileSync("openssl", arguments_, { cwd: this.folder, stdio: "pipe" });
  }
}

/** Certificates of the test's own, made by openssl: an authority, a server for 127.0.0.1, a client, and a stranger. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Pki {
  readonly ca: string;
  readonly server: Identity;
  readonly client: Identity;
  /** Of the same authority, by the name "other". */
  readonly other: Identity;
  /** Signed by itself. */
  readonly stranger: Identity;
  /** A folder as `pkipath` wants it. */
  readonly folder: string;
  readonly remove: () => void;
}

const OPENSSL = "openssl";
const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export function makePki(): Pki {
  const folder = mkdtempSync(join(tmpdir(), "libvirt-pki-"));
  const openssl = (...args: string[]): void => {
    execFileSync(OPENSSL, args, { cwd: folder, stdio: "pipe" });
  };
  const selfSigned = (name: string, subject: string): void =>
    openssl(
      "req",
      "-x509",
      ...CURVE,
      "-keyout",
      `${name}key.pem`,
      "-out",
      `${name}cert.pem`,
      "-subj",
      subject,
      "-days",
      "2",
    );
  const signed = (name: string, subject: string, extensions: string): void => {
    writeFileSync(join(folder, `${name}.ext`), extensions);
    openssl("req", "-new", ...CURVE, "-keyout", `${name}key.pem`, "-out", `${name}.csr`, "-subj", subject);
    const authority = ["-CA", "cacert.pem", "-CAkey", "cakey.pem", "-CAcreateserial"];
    const files = ["-in", `${name}.csr`, "-extfile", `${name}.ext`, "-out", `${name}cert.pem`];
    openssl("x509", "-req", "-days", "2", ...authority, ...files);
  };
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const identity = (name: string): Identity => ({ cert: read(`${name}cert.pem`), key: read(`${name}key.pem`) });
  selfSigned("ca", "/CN=authority");
  signed("server", "/CN=host", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
  signed("client", "/CN=mover", "extendedKeyUsage=clientAuth\n");
  signed("other", "/CN=other", "extendedKeyUsage=clientAuth\n");
  selfSigned("stranger", "/CN=stranger");
  return {
    ca: read("cacert.pem"),
    server: identity("server"),
    client: identity("client"),
    other: identity("other"),
    stranger: identity("stranger"),
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

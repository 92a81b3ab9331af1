/**
 * Certificates for the memory streams between a lab's hosts: an authority of the lab's own, and one certificate per host for
 * its name and its migration address, in the place that its qemu.conf names. Made once, kept while the lab stands.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import { forEachInParallel } from "../process/wait.ts";
import type { HostPlan, LabPlan } from "../topology/lab-plan.ts";
import { inNamespace } from "./namespaces.ts";

/** As the host sees it: its /etc/libvirt is the lab's own. */
export const STREAM_CERTIFICATES = "/etc/libvirt/pki";

export async function ensurePki(context: LabContext): Promise<void> {
  const { plan } = context;
  const authority = join(plan.folder, "pki");
  if (!existsSync(join(authority, "ca-cert.pem"))) {
    mkdirSync(authority, { recursive: true });
    const files = ["-keyout", "ca-key.pem", "-out", "ca-cert.new"];
    const subject = ["-subj", `/CN=lab ${plan.lab}`, "-days", VALID_DAYS];
    await openssl(context, authority, ["req", "-x509", ...CURVE, ...files, ...subject]);
    renameSync(join(authority, "ca-cert.new"), join(authority, "ca-cert.pem"));
  }
  await forEachInParallel(plan.hosts, (host) => ensureHost(context, authority, host));
}

/** `valid` is for tests: a name that is not the host's, a time that is over. */
export async function issueCertificate(
  context: Pick<LabContext, "plan" | "signal">,
  host: HostPlan,
  { name, days }: { readonly name: string; readonly days: number },
): Promise<void> {
  const { plan } = context;
  const authority = join(plan.folder, "pki");
  const folder = pkiFolder(host);
  const request = `${host.node.name}.csr`;
  const extensions = `${host.node.name}.ext`;
  const key = join(folder, "server-key.pem");
  const names = name === host.node.name ? `DNS:${name},IP:${host.migrationAddress}` : `DNS:${name}`;
  writeFileSync(
    join(authority, extensions),
    `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature\n`,
  );
  await openssl(context, authority, ["req", "-new", ...CURVE, "-keyout", key, "-out", request, "-subj", `/CN=${name}`]);
  // A number of its own, because hosts get theirs at the same time: a file that counts would be read half written.
  const serial = `0x${randomBytes(8).toString("hex")}`;
  const signing = ["-CA", "ca-cert.pem", "-CAkey", "ca-key.pem", "-set_serial", serial, "-days", String(days)];
  const files = ["-in", request, "-extfile", extensions, "-out", join(folder, "server-cert.pem")];
  await openssl(context, authority, ["x509", "-req", ...signing, ...files]);
  copyFileSync(key, join(folder, "client-key.pem"));
  copyFileSync(join(folder, "server-cert.pem"), join(folder, "client-cert.pem"));
}

async function ensureHost(context: LabContext, authority: string, host: HostPlan): Promise<void> {
  const folder = pkiFolder(host);
  if (existsSync(join(folder, "ca-cert.pem"))) return;
  mkdirSync(folder, { recursive: true });
  await issueCertificate(context, host, { name: host.node.name, days: Number(VALID_DAYS) });
  // Last, because it says that the rest is there.
  copyFileSync(join(authority, "ca-cert.pem"), join(folder, "ca-cert.pem"));
}

const pkiFolder = (host: HostPlan): string => join(host.node.folder, "etc/pki");

/** In a namespace of the lab, so that `down` finds the program too. */
async function openssl(
  { plan, signal }: { readonly plan: LabPlan; readonly signal?: AbortSignal | undefined },
  folder: string,
  words: readonly string[],
): Promise<void> {
  const inFolder = ["env", "-C", folder, "openssl", ...words];
  await run(inNamespace(plan.san.node.namespace, inFolder), { signal });
}

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const VALID_DAYS = "365";

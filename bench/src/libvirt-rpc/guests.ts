/** VMs for a libvirtd to be asked about: no disk, no network, paused before their first instruction. */
import { createFlags, domByUuid } from "@trunkline/libvirt";
import type { Connection, Dom } from "@trunkline/libvirt";

export async function withPausedGuests<T>(connection: Connection, count: number, work: () => Promise<T>): Promise<T> {
  const guests: Dom[] = [];
  try {
    for (let number = 1; number <= count; number += 1) {
      const args = { xml: guestXml(number), flags: createFlags.paused };
      guests.push((await connection.call("domainCreateXml", args, { timeoutMs: startMs })).dom);
    }
    return await work();
  } finally {
    for (const { uuid } of guests) await connection.call("domainDestroy", { dom: domByUuid(uuid) });
  }
}

function guestXml(number: number): string {
  return `<domain type="qemu">
    <name>idle${number}</name>
    <memory unit="MiB">16</memory>
    <vcpu>1</vcpu>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><controller type="usb" model="none"/><memballoon model="none"/></devices>
  </domain>`;
}

/** A QEMU that is started on a busy machine. */
const startMs = 60_000;

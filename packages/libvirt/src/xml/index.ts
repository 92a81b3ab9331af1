/** libvirt's XML documents as typed data: domains, host capabilities, domain capabilities. */
export { parseCapabilities } from "./capabilities.ts";
export type { GuestCapabilities, HostCapabilities, MachineType, NumaCell } from "./capabilities.ts";
export { domainCpuXml, parseDomain } from "./domain.ts";
export type { CpuFeature, DomainCpu, DomainDescription, DomainLoader } from "./domain.ts";
export { parseDomainCapabilities } from "./domain-capabilities.ts";
export type { CustomModel, DomainCapabilities, HostModel } from "./domain-capabilities.ts";
export type { CharacterDevice, DomainFilesystem, DomainGraphics, DomainTpm, HostDevice } from "./domain-devices.ts";
export type { DiskHost, DiskSource, DomainDisk } from "./domain-disks.ts";
export { editDomain } from "./domain-edit.ts";
export type { EditableDomain } from "./domain-edit.ts";
export type { DomainNic } from "./domain-nics.ts";
export { interfaceMacsOf } from "./interfaces.ts";
export { buildXml, parseXml } from "./document.ts";
export {
  attribute,
  element,
  elementsOf,
  find,
  findAll,
  mapElements,
  set,
  textOf,
  withAttribute,
  withText,
} from "./tree.ts";
export type { XmlComment, XmlElement, XmlNode, XmlText } from "./tree.ts";
export { XmlError } from "./xml-error.ts";

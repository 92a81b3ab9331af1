/** The error of this folder: a document that is not XML, or not the document it should be. */

export class XmlError extends Error {
  readonly code = "libvirt.xml";
  readonly hint: string;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "XmlError";
    this.hint = options.hint ?? "Compare the document with what virsh prints (dumpxml, capabilities, domcapabilities).";
  }
}

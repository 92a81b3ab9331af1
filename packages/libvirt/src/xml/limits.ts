/** Bounds of the XML reader. The largest document libvirt produces is a capabilities document of a big host, well under 1 MiB. */

export const MAX_XML_CHARACTERS = 4 * 1024 * 1024;

/** Nesting of elements. Domain XML nests about 10 deep; metadata of applications may go deeper. */
export const MAX_XML_DEPTH = 64;

/** Elements, texts and comments of one document. */
export const MAX_XML_NODES = 200_000;

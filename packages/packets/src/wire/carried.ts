/** A header and what it carries: a view of the bytes given, without padding where a length is known. */
export interface Carried<Header> {
  readonly header: Header;
  readonly payload: Uint8Array;
}

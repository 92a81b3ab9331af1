/** What is said about a topology before its place in the file is known, and the parts that passed their own schema. */

export type DocumentPath = readonly (string | number)[];

export type Complaint = { readonly path: DocumentPath; readonly message: string; readonly hint: string };

/** A part of the document that satisfied its own schema, with the place where it stands. */
export type Part<T> = { readonly path: DocumentPath; readonly value: T };

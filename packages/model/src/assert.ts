/** A broken invariant: the operation is abandoned and the VM stays where it is. Never caught to be ignored. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** On in production: a wrong assumption about where a VM runs must stop us, not warn us. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

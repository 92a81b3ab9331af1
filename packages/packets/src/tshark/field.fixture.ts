/** One value under the name that tshark gives to the field. `undefined`: the message does not have it. */
export type Field = readonly [name: string, value: string | number | boolean | undefined];

/** The value of a field that tshark shows as bytes: pairs of digits with colons. */
export function colons(hex: string): string {
  return (hex.match(/../g) ?? []).join(":");
}

/** Bits that are set, for fields that tshark shows one by one. */
export function bits(prefix: string, names: Readonly<Record<string, boolean>>): readonly Field[] {
  return Object.entries(names).map(([name, isSet]) => [`${prefix}.${name}`, isSet]);
}

/** The little arithmetic on IPv4 addresses that a topology needs. Inputs have passed their schema. */

export function isInSubnet(address: string, subnet: string): boolean {
  const [network = "", length = ""] = subnet.split("/");
  const size = 2 ** (32 - Number(length));
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(network) / size);
}

/** The address with its subnet's prefix length, as `ip address` wants it. */
export function withPrefixLength(address: string, subnet: string): string {
  return `${address}/${subnet.split("/")[1] ?? "32"}`;
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

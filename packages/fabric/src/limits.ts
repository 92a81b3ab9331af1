/** Upper bounds of this room. */
export const limits = {
  /** Devices that one search visits: a hundred times the largest fabric that bench/fabric-scale foresees. */
  devicesVisited: 200_000,
  /** Of a list of VLANs in one command: Cisco's command lines end at 254 characters. */
  vlanListCharacters: 200,
} as const;

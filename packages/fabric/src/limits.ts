/** Upper bounds of this room. */
export const limits = {
  /** Devices that one search visits: a hundred times the largest fabric that bench/fabric-scale foresees. */
  devicesVisited: 200_000,
} as const;

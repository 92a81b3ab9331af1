/** Port numbers: 16 bits in Open vSwitch's database, 32 bits on the wire since OpenFlow 1.1 (section 7.2.1). */

/** Reserved ports, `enum ofp_port_no`. */
export const wirePort = {
  normal: 0xffff_fffa,
  controller: 0xffff_fffd,
  local: 0xffff_fffe,
  none: 0xffff_ffff,
} as const;

/** The bridge's own port as OpenFlow 1.0 and the column `ofport` number it. */
export const LOCAL_PORT_NUMBER = 65_534;

export function wirePortOf(port: number): number {
  return port === LOCAL_PORT_NUMBER ? wirePort.local : port;
}

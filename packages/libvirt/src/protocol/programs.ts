/** Numbers of the packet header (libvirt, src/rpc/virnetprotocol.x and the .x file of each program). */

export const program = {
  remote: 0x2000_8086,
  qemu: 0x2000_8087,
  lxc: 0x2000_8088,
  /** "keep" in ASCII (src/rpc/virkeepaliveprotocol.x). */
  keepalive: 0x6b65_6570,
} as const;

/** Every program is at version 1 and has been since its first release. */
export const programVersion = 1;

export const packetType = { call: 0, reply: 1, message: 2, stream: 3 } as const;

export const packetStatus = { ok: 0, error: 1, continue: 2 } as const;

export const keepaliveProcedure = { ping: 1, pong: 2 } as const;

/** Offered by AUTH_LIST (remote_auth_type). */
export const authType = { none: 0, sasl: 1, polkit: 2 } as const;

/** Asked with `connectSupportsFeature` (src/libvirt_internal.h); keepalive must be asked for before the session opens. */
export const feature = {
  peerToPeer: 4,
  changeProtection: 7,
  typedParamString: 9,
  keepalive: 10,
  offlineMigration: 12,
  migrationParams: 13,
  remoteEventCallback: 14,
  closeCallback: 15,
} as const;

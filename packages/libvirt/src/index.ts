/** Client of libvirt's RPC protocol. Depends on Node alone; XML is read with fast-xml-parser. */
export { connect } from "./connect.ts";
export type { ConnectOptions } from "./connect.ts";
export type { CallOptions, Connection } from "./connection.ts";
export { isRemoteError, LibvirtError } from "./errors.ts";
export type { LibvirtErrorCode, LibvirtErrorOptions, RemoteError } from "./errors.ts";
export type { LibvirtEvent, LifecycleEvent, LifecycleEventName } from "./events/event.ts";
export * from "./protocol/domain-constants.ts";
export { remoteErrorCode } from "./protocol/error-codes.ts";
export { lifecycleDetail } from "./protocol/events.ts";
export type { EventKind } from "./protocol/events.ts";
export * from "./protocol/host-constants.ts";
export * from "./protocol/migration-constants.ts";
export { domByUuid } from "./protocol/objects.ts";
export type { Dom } from "./protocol/objects.ts";
export type { ProcedureArgs, ProcedureName, ProcedureResult } from "./protocol/procedures.ts";
export { feature } from "./protocol/programs.ts";
export { booleanParam, numberParam, stringParam, typedParam } from "./protocol/typed-params.ts";
export type { TypedParam } from "./protocol/typed-params.ts";
export { keepConnected } from "./reconnect/lasting-connection.ts";
export type {
  LastingConnection,
  ReconnectClock,
  ReconnectNotice,
  ReconnectOptions,
} from "./reconnect/lasting-connection.ts";
export type { BackoffOptions } from "./reconnect/backoff.ts";
export { answerCalls, encodeAnswer } from "./rpc/endpoint.ts";
export type { EncodedAnswer, Endpoint, EndpointAnswers, NoAnswer } from "./rpc/endpoint.ts";
export type { KeepaliveOptions } from "./rpc/keepalive.ts";
export type { DialOptions } from "./transport/dial.ts";
export type { SshOptions } from "./transport/ssh.ts";
export type { TlsOptions } from "./transport/tls.ts";
export { parseLibvirtUri } from "./transport/uri.ts";
export type { LibvirtUri, TransportName } from "./transport/uri.ts";
export * from "./xml/index.ts";

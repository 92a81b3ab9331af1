/**
 * The echo session as packets, read from the lines that tcpdump prints with `-tt -n -S`: what the client sent, what came
 * back, what was sent again, and where in it the silence lies.
 */

export interface Packet {
  /** Milliseconds since 1970, with fractions. */
  readonly atMs: number;
  readonly clientPort: number;
  readonly isToGuest: boolean;
  /** Sequence number after its last byte, modulo 2^32. */
  readonly end: number;
  readonly bytes: number;
}

export interface Silence {
  readonly lastEchoAtMs: number;
  readonly firstEchoAtMs: number;
  readonly silenceMs: number;
  /** Packets with data that the client sent in between, and how many of them it had sent before. */
  readonly sent: number;
  readonly resent: number;
  /** From the last packet before the first echo to that echo. */
  readonly answerMs: number;
  /** When the client sent again, from the beginning of the silence. */
  readonly resentAfterMs: readonly number[];
}

/** @returns undefined for lines about anything else. */
export function readPacket(line: string, echoPort: number): Packet | undefined {
  const match = packetLine.exec(line);
  if (match === null) return undefined;
  const [, seconds = "", micros = "", fromPort = "", toPort = "", , end, bytes = "0"] = match;
  const isToGuest = Number(toPort) === echoPort;
  if (!isToGuest && Number(fromPort) !== echoPort) return undefined;
  return {
    atMs: Number(seconds) * 1000 + Number(micros) / 1000,
    clientPort: Number(isToGuest ? fromPort : toPort),
    isToGuest,
    end: Number(end ?? 0),
    bytes: Number(bytes),
  };
}

/**
 * The longest time without bytes from the guest that touches an interval, in one session: echoes that were still under
 * way when the guest stopped arrive inside of it. Undefined when no echo stands before and after.
 */
export function silenceAround(packets: readonly Packet[], fromMs: number, untilMs: number): Silence | undefined {
  const data = packets.filter(({ bytes }) => bytes > 0);
  const echoes = data.filter(({ isToGuest }) => !isToGuest);
  const gaps = echoes.flatMap((first, index) => {
    const last = echoes[index - 1];
    return last !== undefined && last.atMs <= untilMs && first.atMs > fromMs ? [{ last, first }] : [];
  });
  const [longest] = gaps.sort((one, other) => lengthOf(other) - lengthOf(one));
  if (longest === undefined) return undefined;
  const { last, first } = longest;
  const [beginMs, endMs] = [last.atMs, first.atMs];
  const requests = data.filter(({ isToGuest, atMs }) => isToGuest && atMs <= endMs);
  const during = requests.filter(({ atMs }) => atMs > beginMs);
  const again = new Set<Packet>();
  let highest: number | undefined;
  for (const packet of requests) {
    if (highest === undefined || isAfter(packet.end, highest)) highest = packet.end;
    else again.add(packet);
  }
  const resent = during.filter((packet) => again.has(packet));
  return {
    lastEchoAtMs: beginMs,
    firstEchoAtMs: endMs,
    silenceMs: endMs - beginMs,
    sent: during.length,
    resent: resent.length,
    answerMs: endMs - (during.at(-1)?.atMs ?? Number.NaN),
    resentAfterMs: resent.map(({ atMs }) => Math.round(atMs - beginMs)),
  };
}

/** `time [interface direction] IP a.b.c.d.port > a.b.c.d.port: Flags […], seq 1:11, …, length 10` */
const packetLine =
  /^(\d+)\.(\d{6}) .*?IP \d+\.\d+\.\d+\.\d+\.(\d+) > \d+\.\d+\.\d+\.\d+\.(\d+): Flags \[[^\]]*\],(?: seq (\d+)(?::(\d+))?)?.*? length (\d+)/;

const lengthOf = ({ last, first }: { readonly last: Packet; readonly first: Packet }): number => first.atMs - last.atMs;

/** Sequence numbers turn over (RFC 9293, section 3.4). */
const isAfter = (one: number, other: number): boolean => ((one - other) | 0) > 0;

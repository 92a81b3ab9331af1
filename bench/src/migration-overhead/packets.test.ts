import { expect, test } from "vitest";
import { silenceAround, readPacket } from "./packets.ts";

const head = "1795374867.636178 eth0  Out IP 10.77.10.9.34064 > 10.77.10.50.7: Flags";

test("a line of tcpdump is a packet of the session", () => {
  const line = `${head} [P.], seq 2117094826:2117094832, ack 3453248173, win 63, options [nop,nop,TS val 9 ecr 8], length 6`;
  expect(readPacket(line, 7)).toEqual({
    atMs: 1795374867636.178,
    clientPort: 34064,
    isToGuest: true,
    end: 2117094832,
    bytes: 6,
  });
  const bare = "1795374867.650803 IP 10.77.10.50.7 > 10.77.10.9.34064: Flags [.], ack 3453248179, win 63, length 0";
  expect(readPacket(bare, 7)).toMatchObject({ isToGuest: false, clientPort: 34064, bytes: 0 });
});

test("other lines are no packets", () => {
  expect(readPacket("listening on any, link-type LINUX_SLL2 (Linux cooked v2)", 7)).toBeUndefined();
  expect(readPacket(`${head} [S], seq 5, win 64240, length 0`, 22)).toBeUndefined();
});

const request = (atMs: number, end: number) => ({ atMs, clientPort: 1, isToGuest: true, end, bytes: 10 });
const echo = (atMs: number, end: number) => ({ atMs, clientPort: 1, isToGuest: false, end, bytes: 10 });

test("the silence around a switch-over lies between two echoes, with what the client sent in it", () => {
  const silence = silenceAround(
    [
      request(0, 10),
      echo(1, 10),
      request(5, 20),
      echo(6, 20),
      request(10, 30),
      request(15, 40),
      request(210, 30),
      request(400, 40),
      echo(402, 30),
      request(405, 50),
      echo(406, 50),
    ],
    2,
    300,
  );
  expect(silence).toEqual({
    lastEchoAtMs: 6,
    firstEchoAtMs: 402,
    silenceMs: 396,
    sent: 4,
    resent: 2,
    answerMs: 2,
    resentAfterMs: [204, 394],
  });
});

test("bytes past the turn of the sequence numbers are new bytes", () => {
  const top = 2 ** 32;
  const packets = [echo(0, 1), request(1, top - 5), request(2, 5), request(3, top - 5), echo(9, 2)];
  expect(silenceAround(packets, 1, 5)).toMatchObject({ sent: 3, resent: 1 });
});

test("a silence without an end is none yet", () => {
  expect(silenceAround([request(0, 10), echo(1, 10)], 5, 6)).toBeUndefined();
});

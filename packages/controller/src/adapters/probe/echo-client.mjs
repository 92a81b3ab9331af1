/**
 * The client of a VM, as a program of its own, because it has to run where the client is: in another network
 * namespace, or on another machine with Node. It depends on Node alone and speaks lines of JSON.
 *
 * usage: node echo-client.mjs ADDRESS PORT INTERVAL_MS
 * stdin:  one command a line: `reset` (forget the longest gap), `mark N` (report the next echo that was sent after now),
 *         `stop` (wait for the last bytes, report, end)
 * stdout: {"kind":"up"} | {"kind":"marked","mark":N} | {"kind":"figures",…} every 100 ms | {"kind":"end",…}
 *
 * A gap is the time between two successive echoes, less the interval at which they are sent.
 */
import net from "node:net";
import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";

const [address = "", port = "7", interval = "5"] = process.argv.slice(2);
const intervalMs = Number(interval);
const reportMs = 100;
/** Bytes that may be under way: a guest that is silent for long must not make us buffer for ever. */
const windowBytes = 64 * 1024;
const lastWordsMs = 4_000;

let sent = 0;
let echoed = 0;
let wrong = 0;
let number = 0;
let longestGapMs = 0;
let lastEchoAt = 0;
let broken = null;
let isUp = false;
let isStopping = false;
/** Expected bytes, oldest first. */
let expected = Buffer.alloc(0);
const marks = [];

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const figures = (kind) => ({ kind, longestGapMs: gapUntilNow(), sent, echoed, wrong, broken });

const socket = net.connect({ host: address, port: Number(port) });
socket.setNoDelay(true);
socket.on("connect", tick);
socket.on("data", (data) => {
  const now = performance.now();
  for (const [index, byte] of data.entries()) if (byte !== expected[index]) wrong += 1;
  expected = expected.subarray(Math.min(data.length, expected.length));
  echoed += data.length;
  if (isUp) longestGapMs = Math.max(longestGapMs, now - lastEchoAt - intervalMs);
  lastEchoAt = now;
  if (!isUp) {
    isUp = true;
    say({ kind: "up" });
  }
  while (marks.length > 0 && marks[0].from <= echoed) say({ kind: "marked", mark: marks.shift().mark });
});
socket.on("error", (error) => end(error.message));
socket.on("close", () => end("the peer closed the session"));

const sender = setInterval(tick, intervalMs);
const reporter = setInterval(() => say(figures("figures")), reportMs);

createInterface({ input: process.stdin }).on("line", command).on("close", stop);

function tick() {
  if (broken !== null || isStopping || socket.connecting || sent - echoed > windowBytes) return;
  number += 1;
  const message = Buffer.from(`${String(number).padStart(9, "0")}\n`);
  expected = Buffer.concat([expected, message]);
  sent += message.length;
  socket.write(message);
}

function command(line) {
  if (line === "reset") {
    longestGapMs = 0;
    lastEchoAt = Math.max(lastEchoAt, performance.now() - intervalMs);
  } else if (line.startsWith("mark ")) marks.push({ mark: Number(line.slice(5)), from: sent + 1 });
  else if (line === "stop") stop();
}

function stop() {
  if (isStopping) return;
  isStopping = true;
  clearInterval(sender);
  const giveUpAt = performance.now() + lastWordsMs;
  const waiter = setInterval(() => {
    if (echoed < sent && broken === null && performance.now() < giveUpAt) return;
    clearInterval(waiter);
    clearInterval(reporter);
    say(figures("end"));
    socket.destroy();
    process.stdin.destroy();
  }, intervalMs);
}

function end(reason) {
  if (isStopping || broken !== null) return;
  broken = reason;
}

/** A silence that still lasts counts as well. */
function gapUntilNow() {
  if (!isUp || isStopping) return longestGapMs;
  return Math.max(longestGapMs, performance.now() - lastEchoAt - intervalMs);
}

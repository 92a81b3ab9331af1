/** The answering side against our own client: what one says, the other hears. */
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { connect } from "../connect.ts";
import type { LibvirtEvent } from "../events/event.ts";
import { answerCalls, encodeAnswer } from "./endpoint.ts";
import type { Endpoint, EndpointAnswers } from "./endpoint.ts";

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

const opening: EndpointAnswers = {
  authList: () => encodeAnswer("authList", { types: [] }),
  connectSupportsFeature: () => encodeAnswer("connectSupportsFeature", { supported: 1 }),
  connectOpen: () => encodeAnswer("connectOpen", undefined),
  connectDomainEventCallbackRegisterAny: () => encodeAnswer("connectDomainEventCallbackRegisterAny", { callbackId: 0 }),
};

async function peerWith(answers: EndpointAnswers): Promise<{ uri: string; endpoints: readonly Endpoint[] }> {
  const endpoints: Endpoint[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    endpoints.push(answerCalls(socket, { ...opening, ...answers }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { uri: `qemu+tcp://127.0.0.1:${(server.address() as AddressInfo).port}/system`, endpoints };
}

const vm = { name: "vm1", uuid: "00000000-0000-4000-8000-000000000001", id: 3 };

test("answers with what it is given, refuses what it is told to and what it does not know", async () => {
  const { uri } = await peerWith({
    connectGetHostname: () => encodeAnswer("connectGetHostname", { hostname: "h1" }),
    domainGetXmlDesc: ({ dom }) =>
      dom.uuid === vm.uuid ? encodeAnswer("domainGetXmlDesc", { xml: "<domain/>" }) : { refuse: 42 },
  });
  const connection = await connect(uri);
  undo.push(async () => await connection.close());
  const other = { ...vm, uuid: "00000000-0000-4000-8000-000000000002" };
  // In one write there and one write back; each answer finds its call.
  const answers = await Promise.allSettled([
    connection.call("connectGetHostname", undefined),
    connection.call("domainGetXmlDesc", { dom: vm, flags: 0 }),
    connection.call("domainGetXmlDesc", { dom: other, flags: 0 }),
    connection.call("connectGetVersion", undefined),
  ]);
  expect(answers).toMatchObject([
    { value: { hostname: "h1" } },
    { value: { xml: "<domain/>" } },
    { reason: { remote: { code: 42 } } },
    { reason: { remote: { code: 3 } } },
  ]);
});

test("tells events, answers signs of life, and is silent when told to be", async () => {
  const { uri, endpoints } = await peerWith({ connectGetHostname: () => "silence" });
  const connection = await connect(uri, { keepalive: { intervalMs: 20, count: 2 } });
  undo.push(async () => await connection.close());
  const heard: LibvirtEvent[] = [];
  connection.onEvent((event) => heard.push(event));
  await connection.registerEvents(["lifecycle"]);
  endpoints[0]?.tell("lifecycle", { dom: vm, event: 5, detail: 1 });
  await expect.poll(() => heard).toEqual([{ kind: "lifecycle", dom: vm, event: "stopped", detail: 1 }]);
  // Silent for longer than the pings that may stay unanswered last.
  await expect(connection.call("connectGetHostname", undefined, { timeoutMs: 200 })).rejects.toMatchObject({
    code: "libvirt.timeout",
  });
  expect(connection.isOpen).toBe(true);
});

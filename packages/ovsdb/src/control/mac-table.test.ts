import { describe, expect, it } from "vitest";
import { startPeer } from "../rpc/scripted-peer.fixture.ts";
import { connectControl } from "./control.ts";
import { parseMacTable } from "./mac-table.ts";

/** As ovs-appctl of Open vSwitch 3.1 prints it. */
const table = ` port  VLAN  MAC                Age
LOCAL     0  3e:5c:34:bb:87:30    1
    1    20  00:11:22:33:44:55  static
    2    10  c6:cb:8b:c8:8c:51  299
`;

describe("the MAC table", () => {
  it("is read with names where there are names", () => {
    expect(parseMacTable(table, new Map([[1, "a0"]]))).toEqual([
      { portNumber: 65_534, vlan: 0, mac: "3e:5c:34:bb:87:30", ageS: 1, isStatic: false },
      { portNumber: 1, port: "a0", vlan: 20, mac: "00:11:22:33:44:55", ageS: 0, isStatic: true },
      { portNumber: 2, vlan: 10, mac: "c6:cb:8b:c8:8c:51", ageS: 299, isStatic: false },
    ]);
    expect(parseMacTable(" port  VLAN  MAC                Age\n")).toEqual([]);
  });

  it.each(["", "no such bridge", table.replace("2    10", "2 10 10"), table.replace("c6:cb", "c6-cb"), `${table}more`])(
    "refuses %j",
    (text) => {
      expect(() => parseMacTable(text)).toThrow(expect.objectContaining({ code: "ovsdb.protocol" }));
    },
  );

  it("comes over the control socket; errors of the daemon are ovsdb.remote, other answers ovsdb.protocol", async () => {
    const peer = await startPeer({
      onMessage: (message, socket) => {
        if (message.kind !== "request") return;
        if (message.method !== "fdb/show") socket.reply(message, ["no text"]);
        else if (message.params[0] === "br0") socket.reply(message, table);
        else socket.refuse(message, "no such bridge\n");
      },
    });
    const control = await connectControl(peer.address, {
      portNamer: { readPortNames: async () => new Map([[2, "vm1"]]) },
    });
    expect((await control.macTable("br0")).map((entry) => entry.port)).toEqual([undefined, undefined, "vm1"]);
    await expect(control.macTable("br1")).rejects.toMatchObject({
      code: "ovsdb.remote",
      details: { error: "no such bridge" },
    });
    await expect(control.run("version")).rejects.toMatchObject({ code: "ovsdb.protocol" });
    await control.close();
    await peer.close();
    expect((await control.closed).code).toBe("ovsdb.closed");
  });
});

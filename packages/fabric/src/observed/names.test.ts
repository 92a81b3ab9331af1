import { describe, expect, it } from "vitest";
import { deviceNamed, isSameDevice, isSamePort, portNamed } from "./names.ts";

describe("names of devices", () => {
  it.each([
    ["leaf1", "leaf1", true],
    ["leaf1", "LEAF1.dc1.example.net", true],
    ["leaf1", "leaf1(FDO21120U5D)", true],
    ["leaf1.dc1.example.net", "leaf1.dc2.example.net", false],
    ["leaf1", "leaf10", false],
    ["10.0.0.1", "10.0.0.2", false],
    ["10.0.0.1", "10", false],
    ["", "", false],
  ])("%s and %s", (left, right, isSame) => {
    expect(isSameDevice(left, right)).toBe(isSame);
    expect(isSameDevice(right, left)).toBe(isSame);
  });

  it("mean the exact one first, and nobody where two would do", () => {
    expect(deviceNamed(["leaf1", "leaf1.a"], ["leaf1.a"])).toBe("leaf1.a");
    expect(deviceNamed(["leaf1.a", "leaf1.b"], ["leaf1"])).toBeUndefined();
    expect(deviceNamed(["leaf1"], ["00:00:5e:00:53:01", "leaf1.example"])).toBe("leaf1");
  });
});

describe("names of ports", () => {
  it.each([
    ["GigabitEthernet0/1", "Gi0/1", true],
    ["Ethernet1/49", "Eth1/49", true],
    ["Ethernet 1/49", "ethernet1/49", true],
    ["xe-0/0/1", "xe-0/0/1", true],
    ["Ethernet1/49", "Ethernet1/4", false],
    ["GigabitEthernet0/1", "TenGigabitEthernet0/1", false],
    ["E1/1", "Ethernet1/1", false],
    ["uplink to core", "uplink to core", true],
    ["up0", "vnet0", false],
  ])("%s and %s", (left, right, isSame) => {
    expect(isSamePort(left, right)).toBe(isSame);
    expect(isSamePort(right, left)).toBe(isSame);
  });

  it("mean the description where nothing else is known", () => {
    expect(portNamed(["Eth1", "Eth2"], ["02:00:00:00:00:01", "Eth2"])).toBe("Eth2");
  });
});

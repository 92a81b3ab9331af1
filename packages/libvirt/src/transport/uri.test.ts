import { expect, test } from "vitest";
import { LibvirtError } from "../errors.ts";
import { socketPaths } from "./unix.ts";
import { parseLibvirtUri } from "./uri.ts";

test.each([
  ["qemu:///system", { transport: "unix", host: "", name: "qemu:///system", mode: "auto" }],
  ["qemu+unix:///session?socket=/tmp/s%20s", { transport: "unix", socket: "/tmp/s s", name: "qemu:///session" }],
  ["qemu://h1/system", { transport: "tls", host: "h1", port: undefined }],
  ["qemu+tcp://10.0.0.1:16510/system", { transport: "tcp", host: "10.0.0.1", port: 16510 }],
  ["qemu+tls://[fd00::1]/system?no_verify=1", { transport: "tls", host: "fd00::1", isVerified: false }],
  ["qemu+tls://h1/system?pkipath=/etc/mine", { pkiPath: "/etc/mine", isVerified: true }],
  [
    "qemu+ssh://root@h1:2222/system?keyfile=/k&mode=direct",
    { user: "root", port: 2222, keyFile: "/k", mode: "direct" },
  ],
  ["qemu+ssh://h1/system?name=qemu:///session&proxy=netcat", { name: "qemu:///session", proxy: "netcat" }],
  ["test+unix:///default", { driver: "test", name: "test:///default" }],
] as const)("%s is understood", (text, expected) => {
  expect(parseLibvirtUri(text)).toMatchObject({ text, ...expected });
});

test.each([
  ["", "not a URI"],
  ["/run/libvirt/libvirt-sock", "not a URI"],
  ["qemu+carrier-pigeon://h1/system", "not a URI"],
  ["qemu+libssh2://h1/system", "libssh2"],
  ["qemu+unix://h1/system", "no host"],
  ["qemu+ssh:///system", "needs a host"],
  ["qemu+tcp://h1/system?sockt=/x", "sockt"],
  ["qemu+tls://h1/system?no_verify=yes", "no_verify"],
  ["qemu:///system?mode=best", "mode"],
  ["qemu+ssh://root:secret@h1/system", "password"],
  ["qemu+ssh://%zz@h1/system", "percent"],
])("%s is refused, and the message says why", (text, why) => {
  const act = () => parseLibvirtUri(text);
  expect(act).toThrow(LibvirtError);
  expect(act).toThrow(why);
});

test("a daemon of this machine is looked for where libvirt puts its sockets", () => {
  const pathsOf = (uri: string, isReadOnly = false) =>
    socketPaths(parseLibvirtUri(uri), isReadOnly, { XDG_RUNTIME_DIR: "/run/user/7" });
  expect(pathsOf("qemu:///system")).toEqual(["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"]);
  expect(pathsOf("qemu:///system?mode=direct", true)).toEqual(["/run/libvirt/virtqemud-sock-ro"]);
  expect(pathsOf("qemu:///system?mode=legacy")).toEqual(["/run/libvirt/libvirt-sock"]);
  expect(pathsOf("qemu:///session", true)[0]).toBe("/run/user/7/libvirt/libvirt-sock");
  expect(pathsOf("qemu:///system?socket=/x")).toEqual(["/x"]);
});

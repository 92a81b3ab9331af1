/**
 * A change in the words of its device, line by line as it is typed. Nothing here connects to anything: the lines are for
 * a person, or for whoever carries them out.
 *
 * A change that a language has no words for, because nothing needs to be done there, gives no lines. A device whose
 * language nobody knows gets one plain sentence.
 */
import type { Fabric, Platform } from "../fabric.ts";
import type { ConfigChange } from "./config-change.ts";
import { describeChange } from "./describe.ts";
import { eosLines } from "./eos.ts";
import { iosLines } from "./ios.ts";
import { junosLines } from "./junos.ts";
import { linuxBridgeLines } from "./linux-bridge.ts";
import { nxosLines } from "./nx-os.ts";
import { openVswitchLines } from "./open-vswitch.ts";
import { deviceOf, platformOf } from "./target.ts";
import type { Dialect } from "./target.ts";

const dialects: Readonly<Record<Platform, Dialect>> = {
  "open-vswitch": openVswitchLines,
  "linux-bridge": linuxBridgeLines,
  ios: iosLines,
  "nx-os": nxosLines,
  eos: eosLines,
  junos: junosLines,
};

/** @param platform instead of what the fabric says of the device. */
export function renderChange(fabric: Fabric, change: ConfigChange, platform?: Platform): readonly string[] {
  const language = platform ?? platformOf(deviceOf(fabric, changedDevice(change)));
  return language === undefined ? [describeChange(change)] : dialects[language](fabric, change);
}

function changedDevice(change: ConfigChange): string {
  return "port" in change ? change.port.device : change.device;
}

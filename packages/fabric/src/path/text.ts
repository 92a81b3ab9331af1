/** How ends of links are written in sentences. */
import type { FabricEnd } from "../ports.ts";

export const endName = ({ device, port }: FabricEnd): string => `${device}/${port}`;

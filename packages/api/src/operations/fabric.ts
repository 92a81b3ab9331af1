/** The fabric: as it is now, and changes of its ports. What follows from it is worked out by whoever asks (packages/fabric). */
import { fabricAnswer, fabricChangeAnswer, fabricChangeBody, observationAnswer, observationQuery } from "../fabric.ts";
import { operationsOf } from "../operation.ts";

export const fabricOperations = operationsOf({
  "fabric.show": {
    method: "GET",
    path: "/api/v1/fabric",
    role: "viewer",
    acts: "no",
    summary: "The fabric as it is now: the document, what the switches say of their ports, and where the VMs run.",
    answers: { 200: fabricAnswer },
    errors: ["service.unavailable"],
  },
  "fabric.observe": {
    method: "GET",
    path: "/api/v1/fabric/observations",
    role: "viewer",
    acts: "no",
    summary: "What the switches and hosts see of the network now, and the document to hold against it.",
    query: observationQuery,
    answers: { 200: observationAnswer },
    errors: ["fabric.invalid", "fabric.missing"],
  },
  "fabric.change": {
    method: "POST",
    path: "/api/v1/fabric/changes",
    role: "operator",
    acts: "once-by-key",
    summary: "Give ports of Open vSwitch other VLANs: all of them or none. What fails is taken back.",
    body: fabricChangeBody,
    answers: { 200: fabricChangeAnswer },
    errors: ["fabric.unknown", "fabric.changed", "fabric.not-applied", "host.unreachable"],
  },
});

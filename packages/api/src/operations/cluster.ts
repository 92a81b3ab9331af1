/** Looking at the cluster, its hosts and VMs; taking hosts in, emptying them; the switch of automation. */
import { z } from "zod";
import { automationSchema, pauseBody } from "../automation.ts";
import { hostListSchema, hostSchema, newHostSchema } from "../hosts.ts";
import { maintenanceAnswer, maintenanceBody, maintenanceSchema } from "../maintenance.ts";
import { hostRef, vmRef } from "../names.ts";
import { operationsOf } from "../operation.ts";
import { snapshotQuery, snapshotSchema } from "../snapshot.ts";
import { vmCopiesSchema, vmListQuery, vmListSchema } from "../vms.ts";

const hostParams = z.strictObject({ name: hostRef });

export const clusterOperations = operationsOf({
  "hosts.list": {
    method: "GET",
    path: "/api/v1/hosts",
    role: "viewer",
    acts: "no",
    summary: "All hosts, by name.",
    answers: { 200: hostListSchema },
    errors: [],
  },
  "hosts.show": {
    method: "GET",
    path: "/api/v1/hosts/:name",
    role: "viewer",
    acts: "no",
    summary: "One host.",
    params: hostParams,
    answers: { 200: hostSchema },
    errors: ["host.unknown"],
  },
  "hosts.add": {
    method: "POST",
    path: "/api/v1/hosts",
    role: "operator",
    acts: "once-by-key",
    summary: "Take a host in. It is asked who it is first.",
    body: newHostSchema,
    answers: { 201: hostSchema },
    errors: ["host.invalid", "host.exists", "host.unreachable", "host.failed"],
  },
  "hosts.remove": {
    method: "DELETE",
    path: "/api/v1/hosts/:name",
    role: "operator",
    acts: "once-by-key",
    summary: "Forget a host that was added; its VMs run on.",
    params: hostParams,
    answers: { 204: z.null() },
    errors: ["host.unknown", "host.declared", "host.busy"],
  },
  "maintenance.show": {
    method: "GET",
    path: "/api/v1/hosts/:name/maintenance",
    role: "viewer",
    acts: "no",
    summary: "Whether a host is in maintenance, and how far its evacuation is.",
    params: hostParams,
    answers: { 200: maintenanceSchema },
    errors: ["host.unknown"],
  },
  "maintenance.change": {
    method: "POST",
    path: "/api/v1/hosts/:name/maintenance",
    role: "operator",
    acts: "once-by-key",
    summary: "Preview the evacuation of a host, begin it (or try again what was stuck), or end maintenance.",
    params: hostParams,
    body: maintenanceBody,
    answers: { 200: maintenanceAnswer },
    errors: ["host.unknown", "host.unreachable", "host.failed"],
  },
  "vms.list": {
    method: "GET",
    path: "/api/v1/vms",
    role: "viewer",
    acts: "no",
    summary: "VMs, one entry per VM and host.",
    query: vmListQuery,
    answers: { 200: vmListSchema },
    errors: [],
  },
  "vms.show": {
    method: "GET",
    path: "/api/v1/vms/:id",
    role: "viewer",
    acts: "no",
    summary: "All copies of one VM.",
    params: z.strictObject({ id: vmRef }),
    answers: { 200: vmCopiesSchema },
    errors: ["vm.unknown"],
  },
  "snapshot.show": {
    method: "GET",
    path: "/api/v1/snapshot",
    role: "viewer",
    acts: "no",
    summary: "Everything that is known of the cluster at one moment, as one document.",
    query: snapshotQuery,
    answers: { 200: snapshotSchema },
    errors: ["service.unavailable"],
  },
  "automation.show": {
    method: "GET",
    path: "/api/v1/automation",
    role: "viewer",
    acts: "no",
    summary: "Whether automation is paused, by whom and why.",
    answers: { 200: automationSchema },
    errors: [],
  },
  "automation.pause": {
    method: "POST",
    path: "/api/v1/automation/pause",
    role: "operator",
    acts: "once-by-key",
    summary: "Hold back whatever nobody asked for by name.",
    body: pauseBody,
    answers: { 200: automationSchema },
    errors: [],
  },
  "automation.resume": {
    method: "POST",
    path: "/api/v1/automation/resume",
    role: "operator",
    acts: "once-by-key",
    summary: "Let automation go on.",
    answers: { 200: automationSchema },
    errors: [],
  },
});

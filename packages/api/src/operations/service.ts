/** The service itself: is it there, what does it count, what does it offer, what happens. */
import { z } from "zod";
import { eventsQuery } from "../events.ts";
import { operationsOf } from "../operation.ts";

export const serviceOperations = operationsOf({
  "service.health": {
    method: "GET",
    path: "/health",
    role: "none",
    acts: "no",
    summary: "The process runs and answers.",
    answers: { 200: z.object({ status: z.literal("ok") }) },
    errors: [],
  },
  "service.ready": {
    method: "GET",
    path: "/ready",
    role: "none",
    acts: "no",
    summary: "The service is ready for work; 503 while it starts or stops.",
    answers: { 200: z.object({ status: z.literal("ready") }) },
    errors: ["service.unavailable"],
  },
  "service.metrics": {
    method: "GET",
    path: "/metrics",
    role: "viewer",
    acts: "no",
    summary: "Metrics in the text format of Prometheus.",
    answers: { 200: z.string() },
    format: "text",
    errors: [],
  },
  "service.document": {
    method: "GET",
    path: "/api/v1/openapi.json",
    role: "none",
    acts: "no",
    summary: "This document.",
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    errors: [],
  },
  "events.follow": {
    method: "GET",
    path: "/api/v1/events",
    role: "viewer",
    acts: "no",
    summary: "What happens, as server-sent events; resumed by Last-Event-ID.",
    query: eventsQuery,
    answers: { 200: z.string() },
    format: "events",
    errors: ["service.unavailable"],
  },
});

/** Moves: ask for one, look, cancel, change its place in the queue. */
import { z } from "zod";
import { moveRef } from "../names.ts";
import {
  accuracyQuery,
  accuracySchema,
  moveListQuery,
  moveListSchema,
  moveReportSchema,
  moveSchema,
  moveWishSchema,
  priorityBody,
  transitionsSchema,
} from "../moves.ts";
import { operationsOf } from "../operation.ts";

const moveParams = z.strictObject({ id: moveRef });

export const moveOperations = operationsOf({
  "moves.create": {
    method: "POST",
    path: "/api/v1/moves",
    role: "operator",
    acts: "once-by-key",
    summary:
      "Ask for a move: 202 with the move, which waits for its turn. With `dryRun` 200 with the report of its checks.",
    body: moveWishSchema,
    answers: { 200: moveReportSchema, 202: moveSchema },
    errors: [
      "vm.unknown",
      "vm.ambiguous",
      "usage.invalid",
      "move.unsettled",
      "host.unknown",
      "host.in-maintenance",
      "host.unreachable",
      "host.failed",
      "queue.full",
      "service.unavailable",
    ],
  },
  "moves.list": {
    method: "GET",
    path: "/api/v1/moves",
    role: "viewer",
    acts: "no",
    summary: "Moves, newest first.",
    query: moveListQuery,
    answers: { 200: moveListSchema },
    errors: [],
  },
  "moves.accuracy": {
    method: "GET",
    path: "/api/v1/moves/accuracy",
    role: "viewer",
    acts: "no",
    summary: "How far the predictions of the newest finished moves were off.",
    query: accuracyQuery,
    answers: { 200: accuracySchema },
    errors: [],
  },
  "moves.show": {
    method: "GET",
    path: "/api/v1/moves/:id",
    role: "viewer",
    acts: "no",
    summary: "One move: what it waits for, how far it is, its report.",
    params: moveParams,
    answers: { 200: moveSchema },
    errors: ["move.unknown"],
  },
  "moves.transitions": {
    method: "GET",
    path: "/api/v1/moves/:id/transitions",
    role: "viewer",
    acts: "no",
    summary: "What the journal holds of a move, oldest first.",
    params: moveParams,
    answers: { 200: transitionsSchema },
    errors: ["move.unknown"],
  },
  "moves.cancel": {
    method: "POST",
    path: "/api/v1/moves/:id/cancel",
    role: "operator",
    acts: "once-by-key",
    summary: "Call a move off before its switch-over.",
    params: moveParams,
    answers: { 200: moveSchema },
    errors: ["move.unknown", "move.too-late"],
  },
  "moves.prioritise": {
    method: "PUT",
    path: "/api/v1/moves/:id/priority",
    role: "operator",
    acts: "once-by-key",
    summary: "Change the place of a waiting move in the queue.",
    params: moveParams,
    body: priorityBody,
    answers: { 200: moveSchema },
    errors: ["move.unknown", "move.not-waiting"],
  },
});

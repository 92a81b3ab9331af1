/** Moves. */
import { z } from "zod";
import type { ReadInputOf } from "@trunkline/api";
import { moveId } from "@trunkline/model";
import type { MovePage } from "@trunkline/ports";
import type { MoveWish } from "../../service/control-plane.ts";
import type { HandlersOf, Rooms } from "../call.ts";
import { cursorOf, placeOf } from "../cursors.ts";

export function moveHandlers({ plane }: Rooms): HandlersOf<"moves"> {
  return {
    "moves.create": async ({ body: { dryRun, ...fields }, caller, signal }) => {
      const wish: MoveWish = fields;
      if (dryRun) return { status: 200, body: await plane.previewMove(wish, signal) };
      return { status: 202, body: await plane.requestMove(wish, caller.actor) };
    },
    "moves.list": async ({ query }) => {
      const found = await plane.pageMoves(pageOf(query));
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      const hasMore = found.length > query.limit && last !== undefined;
      return { status: 200, body: { items, nextCursor: hasMore ? cursorOf(["moves", last.request.id]) : null } };
    },
    "moves.accuracy": async ({ query }) => ({ status: 200, body: await plane.accuracy(query) }),
    "moves.show": async ({ params }) => ({ status: 200, body: await plane.findMove(params.id) }),
    "moves.transitions": async ({ params }) => ({
      status: 200,
      body: { items: await transitionsOf(params.id) },
    }),
    "moves.cancel": async ({ params, caller }) => ({
      status: 200,
      body: await plane.cancelMove(params.id, caller.actor),
    }),
    "moves.prioritise": async ({ params, body, caller }) => ({
      status: 200,
      body: await plane.setPriority(params.id, body.priority, caller.actor),
    }),
  };

  /** The journal of an unknown move is empty; the caller should learn that it is unknown. */
  async function transitionsOf(id: ReadInputOf<"moves.transitions", "params">["id"]) {
    await plane.findMove(id);
    return await plane.transitions(id);
  }
}

const cursorShape = z.tuple([z.literal("moves"), z.string()]);

/** One more than the page holds tells whether there is another. */
function pageOf({ limit, cursor, ...filters }: ReadInputOf<"moves.list", "query">): MovePage {
  const after = cursor === undefined ? {} : { after: moveId(placeOf(cursor, cursorShape)[1]) };
  return { ...filters, limit: limit + 1, ...after };
}

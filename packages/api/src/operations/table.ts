/** The table of all operations. */
import { accountOperations } from "./accounts.ts";
import { balanceOperations } from "./balance.ts";
import { batchOperations } from "./batches.ts";
import { clusterOperations } from "./cluster.ts";
import { fabricOperations } from "./fabric.ts";
import { moveOperations } from "./moves.ts";
import { serviceOperations } from "./service.ts";

export const operations = {
  ...serviceOperations,
  ...clusterOperations,
  ...fabricOperations,
  ...moveOperations,
  ...batchOperations,
  ...balanceOperations,
  ...accountOperations,
} as const;

export type Operations = typeof operations;
export type OperationId = keyof Operations;

export const operationIds = Object.keys(operations) as readonly OperationId[];

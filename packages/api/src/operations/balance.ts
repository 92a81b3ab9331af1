/** The balance of the cluster. What it recommends is carried out as a batch. */
import { balancePlanSchema, balanceQuery } from "../balance.ts";
import { operationsOf } from "../operation.ts";

export const balanceOperations = operationsOf({
  "balance.show": {
    method: "GET",
    path: "/api/v1/balance",
    role: "viewer",
    acts: "no",
    summary: "What would be moved to spread the load, what each move gains, and why no more. Nothing is moved.",
    query: balanceQuery,
    answers: { 200: balancePlanSchema },
    errors: ["host.unreachable", "host.failed", "service.unavailable"],
  },
});

/** Who may do what. A role includes those before it: viewers look, operators move, admins decide who may do either. */
export const roles = ["viewer", "operator", "admin"] as const;

export type Role = (typeof roles)[number];

export const mayAct = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed);

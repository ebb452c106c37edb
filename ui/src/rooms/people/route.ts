/** The addresses of «Пользователи»: the users, and who changed what. */
import type { Address } from "../../lib/address";

export type PeopleTab = "users" | "audit";

export const heads = ["users", "audit"];
export const read = ({ head }: Address): { tab: PeopleTab } => ({
  tab: head === "audit" ? "audit" : "users",
});

export const peopleLink = (tab: PeopleTab = "users") => `#/${tab}`;

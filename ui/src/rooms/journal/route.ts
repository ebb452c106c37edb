/** The addresses of «Журнал событий»: events, one of them, requests. */
import { whole, type Address } from "../../lib/address";

export type JournalTab = "events" | "requests";

export const heads = ["events", "event", "requests"];
export const read = ({ head, tail }: Address): { tab: JournalTab; event: number | null } => ({
  tab: head === "requests" ? "requests" : "events",
  event: head === "event" ? whole(tail) : null,
});

export const journalLink = (tab: JournalTab = "events") => `#/${tab}`;
export const eventLink = (seq: number) => `#/event/${seq}`;

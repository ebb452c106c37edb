/** The columns of the call table, and the marks by which calls are found. */
import type { CallColumn } from "../../lib/bindings/CallColumn";
import type { CallMark } from "../../lib/bindings/CallMark";
import type { CallRow } from "../../lib/bindings/CallRow";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { callStatus, notReached } from "../../lib/words";
import { moment } from "../../kit/moment";

/** The manual's seven, then ours. */
export const COLUMNS = [
  "date",
  "number",
  "incoming",
  "missed",
  "seconds",
  "person",
  "abonent",
  "status",
  "line",
  "wait",
] as const satisfies CallColumn[];

/** What the rows show, for paper and files. */
export const OF_ROWS = [
  "date",
  "number",
  "person",
  "status",
  "seconds",
  "line",
] as const satisfies CallColumn[];

export const MARKS = [
  "incoming",
  "outgoing",
  "missed",
  "lost",
  "first",
  "unregistered",
  "recorded",
  "noted",
] as const satisfies CallMark[];

/** Marks of which no call has both. */
const APART: Partial<Record<CallMark, CallMark[]>> = {
  incoming: ["outgoing"],
  outgoing: ["incoming", "missed", "lost"],
  missed: ["outgoing"],
  lost: ["outgoing"],
};

/** What holds after a press; one that excludes others takes their place. */
export function toggled(marks: readonly CallMark[], mark: CallMark): CallMark[] {
  if (marks.includes(mark)) return marks.filter((one) => one !== mark);
  return [...marks.filter((one) => !APART[mark]?.includes(one)), mark];
}

const seconds = (ms: number | null) => (ms === null ? "" : String(Math.floor(ms / 1000)));

/** What stands in a column. */
export function cellOf(row: CallRow, column: CallColumn, t: Dictionary): string {
  switch (column) {
    case "date":
      return moment(row.startedAt, "fullExact");
    case "number":
      return row.number ?? (row.hidden ? t.calls.hidden : "");
    case "incoming":
      return row.direction === "incoming" ? t.calls.yes : "";
    case "missed":
      return notReached(row) ? t.calls.yes : "";
    case "seconds":
      return seconds(row.talkMs);
    case "person":
      return row.name ?? "";
    case "abonent":
      return row.abonentId ?? "";
    case "status":
      return callStatus(row, t).word;
    case "line":
      return row.line ?? "";
    case "wait":
      return seconds(row.waitMs);
  }
}

import type { CallRow } from "../../lib/bindings/CallRow";
import { daysAgo } from "../../kit/moment";

/** Of one call every abonent has a row of their own. */
export const keyOfCall = (row: CallRow) => (row.abonent === null ? row.id : `${row.id} ${row.abonent}`);

export type Line = { head: string; key: string } | { row: CallRow; key: string };

/** Rows under the headers of their days; `name` gives a day its words. */
export function byDay(rows: CallRow[], now: number, name: (row: CallRow) => string): Line[] {
  const lines: Line[] = [];
  let last: number | null | undefined;
  for (const row of rows) {
    const ago = daysAgo(row.startedAt, now);
    if (ago !== last) {
      lines.push({ head: name(row), key: `day ${ago} ${keyOfCall(row)}` });
      last = ago;
    }
    lines.push({ row, key: keyOfCall(row) });
  }
  return lines;
}

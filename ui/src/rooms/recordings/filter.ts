/** What the filters of «Записи» ask for. */
import type { RecordingKind } from "../../lib/bindings/RecordingKind";
import type { RecordingsFilter } from "../../lib/bindings/RecordingsFilter";

export const KINDS: readonly RecordingKind[] = ["all", "here", "missing", "unheard", "marked"];
export const LENGTHS = ["all", "short", "middle", "long", "longest"] as const;
export type Length = (typeof LENGTHS)[number];
export const DIRECTIONS = ["all", "incoming", "outgoing"] as const;
export type Way = (typeof DIRECTIONS)[number];

/** Shortest and longest of each, seconds. */
const SECONDS: Record<Length, [number | null, number | null]> = {
  all: [null, null],
  short: [null, 60],
  middle: [60, 300],
  long: [300, 900],
  longest: [900, null],
};

export type Choice = {
  kind: RecordingKind;
  query: string;
  way: Way;
  /** As `2026-01-31`; both included. */
  days: { from: string; to: string } | null;
  /** `null` for all, empty for the user's own. */
  abonent: string | null;
  length: Length;
};

export const ANY: Choice = {
  kind: "all",
  query: "",
  way: "all",
  days: null,
  abonent: null,
  length: "all",
};

/** The first moment of a day of the reader's calendar, some days on: summer time makes one shorter or longer. */
function beginOf(day: string, on = 0): string {
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + on);
  return at.toISOString();
}

export function filterOf(choice: Choice): RecordingsFilter {
  const [longerS, shorterS] = SECONDS[choice.length];
  return {
    kind: choice.kind,
    query: choice.query.trim(),
    incoming: choice.way === "all" ? null : choice.way === "incoming",
    abonent: choice.abonent,
    from: choice.days && beginOf(choice.days.from),
    to: choice.days && beginOf(choice.days.to, 1),
    longerS,
    shorterS,
  };
}

/** What the filters of «Записи» ask for. */
import type { RecordingKind } from "../../lib/bindings/RecordingKind";
import type { RecordingsFilter } from "../../lib/bindings/RecordingsFilter";

export const KINDS: readonly RecordingKind[] = ["all", "here", "missing", "unheard", "marked"];
export const PERIODS = ["all", "today", "week", "month", "days"] as const;
export type Period = (typeof PERIODS)[number];
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
  period: Period;
  /** `2026-01-31`, for the period `days`; both included. */
  from: string;
  to: string;
  /** `null` for all, empty for the user's own. */
  abonent: string | null;
  length: Length;
};

export const ANY: Choice = {
  kind: "all",
  query: "",
  way: "all",
  period: "all",
  from: "",
  to: "",
  abonent: null,
  length: "all",
};

/** The first moment of a day of the reader's calendar, some days on; `null` for a text that is no day. */
function dayAt(text: string, on = 0): string | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!parts) return null;
  const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + on);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export function filterOf(choice: Choice, now: number): RecordingsFilter {
  const today = new Date(now);
  const ago = (days: number) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - days).toISOString();
  const from = { all: null, today: ago(0), week: ago(6), month: ago(29), days: dayAt(choice.from) }[
    choice.period
  ];
  const [longerS, shorterS] = SECONDS[choice.length];
  return {
    kind: choice.kind,
    query: choice.query.trim(),
    incoming: choice.way === "all" ? null : choice.way === "incoming",
    abonent: choice.abonent,
    from,
    to: choice.period === "days" ? dayAt(choice.to, 1) : null,
    longerS,
    shorterS,
  };
}

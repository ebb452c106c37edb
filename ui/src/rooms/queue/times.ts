/** Times of the queue: how long, since when, until when. */
import type { Dictionary } from "../../lib/i18n/index.svelte";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** «12 мин», «3 ч», «2 дн.»: the least that tells how long. */
export function longFor(ms: number, t: Dictionary): string {
  if (ms < MINUTE) return t.queue.justNow;
  if (ms < HOUR) return t.queue.minutes(Math.floor(ms / MINUTE));
  return ms < DAY ? t.queue.hours(Math.floor(ms / HOUR)) : t.queue.days(Math.floor(ms / DAY));
}

/** How soon somebody was called back, in the words of product part 2: blue within 20 minutes, violet within 23 hours. */
export const soonness = (ms: number): "soon" | "late" | "old" =>
  ms <= 20 * MINUTE ? "soon" : ms <= 23 * HOUR ? "late" : "old";

export const PRESETS = ["today", "workday", "all"] as const;
export type Preset = (typeof PRESETS)[number];

/** From when the list shows, milliseconds since 1970; null for all of it. */
export function sinceOf(preset: Preset, now: number): number | null {
  if (preset === "all") return null;
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  if (preset === "workday") {
    do day.setDate(day.getDate() - 1);
    while (day.getDay() === 0 || day.getDay() === 6);
  }
  return day.getTime();
}

/** Tomorrow at nine of the local clock. */
export function tomorrowAtNine(now: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + 1);
  return day.setHours(9, 0, 0, 0);
}

/** The moments of which one press is enough. */
export const soonest = (t: Dictionary) => [
  { id: "15", word: t.queue.in15, at: () => Date.now() + 15 * MINUTE },
  { id: "60", word: t.queue.in60, at: () => Date.now() + HOUR },
  { id: "tomorrow", word: t.queue.tomorrow, at: () => tomorrowAtNine(Date.now()) },
];

const two = (n: number) => String(n).padStart(2, "0");
export const dayText = (ms: number): string => {
  const d = new Date(ms);
  return `${two(d.getDate())}.${two(d.getMonth() + 1)}.${d.getFullYear()}`;
};
export const timeText = (ms: number): string => {
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}`;
};

/** The moment that was typed; null where it is none, or is past. */
export function typed(day: string, time: string, now: number): number | null {
  const d = /^\s*(\d{1,2})[.\/](\d{1,2})[.\/](\d{4})\s*$/.exec(day);
  const c = /^\s*(\d{1,2})[:.](\d{2})\s*$/.exec(time);
  if (!d || !c) return null;
  const [date, month, year] = [Number(d[1]), Number(d[2]), Number(d[3])];
  const [hour, minute] = [Number(c[1]), Number(c[2])];
  const at = new Date(year, month - 1, date, hour, minute);
  const meant = at.getDate() === date && at.getMonth() === month - 1 && hour < 24 && minute < 60;
  return meant && at.getTime() > now ? at.getTime() : null;
}

/** How moments are written: the only place that makes a text of a time. Times are local. */
import { app } from "../lib/app.svelte";
import { i18n } from "../lib/i18n/index.svelte";

export type Language = "ru" | "en";

/**
 * `time` 10:32 · `exact` 10:32:49 · `date` 31.01.2019 · `full` 31.01.2019 10:32 · `fullExact` 31.01.2019 10:32:49 ·
 * `near` and `nearExact` the least that tells it from now: the time alone today, «вчера 10:32», else the date too ·
 * `day` «Сегодня», «Вчера», 31.01.2019 · `long` the day of the week too.
 */
export type Form =
  "time" | "exact" | "date" | "full" | "fullExact" | "near" | "nearExact" | "day" | "long" | "month";

const LOCALES = { ru: "ru-RU", en: "en-GB" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const EXACT = { ...CLOCK, second: "2-digit" } as const;
const NUMBERS = { day: "2-digit", month: "2-digit", year: "numeric" } as const;
const WORDS = { day: "numeric", month: "short", year: "numeric" } as const;
const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
const MONTH = { month: "long", year: "numeric" } as const;

// Making a formatter takes a hundred times as long as using one.
const made = new Map<string, Intl.DateTimeFormat>();
function part(date: Date, language: Language, name: string, options: Intl.DateTimeFormatOptions): string {
  const key = language + name;
  let format = made.get(key);
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(LOCALES[language], options)));
  return format.format(date);
}

const timeOf = (date: Date, language: Language, exact: boolean) =>
  part(date, language, exact ? "exact" : "time", exact ? EXACT : CLOCK);
const dayOf = (date: Date, language: Language) =>
  part(date, language, "date", language === "ru" ? NUMBERS : WORDS);

function read(iso: string | null | undefined): Date | null {
  if (!iso) return null;
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Days between the moment and now in the local calendar: 0 today, 1 yesterday; null when the moment is not known. */
export function daysAgo(iso: string | null | undefined, now: number): number | null {
  const d = read(iso);
  if (!d) return null;
  const n = new Date(now);
  // Counted in UTC so that a change to summer time does not make a day of 23 hours.
  const from = Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  const to = Date.UTC(n.getFullYear(), n.getMonth(), n.getDate());
  return Math.round((to - from) / 86_400_000);
}

/** The moment in a form; empty when it is not known. `today` and `yesterday` are the words of the language. */
export function written(
  iso: string | null | undefined,
  form: Form,
  language: Language,
  now: number,
  words: { today: string; yesterday: string },
): string {
  const date = read(iso);
  if (!date) return "";
  const ago = daysAgo(iso, now);
  switch (form) {
    case "time":
    case "exact":
      return timeOf(date, language, form === "exact");
    case "date":
      return dayOf(date, language);
    case "full":
    case "fullExact":
      return `${dayOf(date, language)} ${timeOf(date, language, form === "fullExact")}`;
    case "near":
    case "nearExact": {
      const time = timeOf(date, language, form === "nearExact");
      if (ago === 0) return time;
      return `${ago === 1 ? words.yesterday.toLocaleLowerCase() : dayOf(date, language)} ${time}`;
    }
    case "day":
      if (ago === 0) return words.today;
      return ago === 1 ? words.yesterday : dayOf(date, language);
    case "long":
      return part(date, language, "long", LONG);
    case "month":
      return part(date, language, "month", MONTH);
  }
}

/** The same for the reader of this window, for sentences; on its own a moment is shown by `Moment`. */
export const moment = (iso: string | null | undefined, form: Form): string =>
  written(iso, form, i18n.language, app.now, i18n.t.common);

/** A sentence of the relay with its moments in the reader's time: it writes them as ISO, for any reader. */
export const localMoments = (text: string): string =>
  text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, (iso) => moment(iso, "full") || iso);

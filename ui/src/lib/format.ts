/** Times, durations and names as the window writes them (product, part 5). Times are local. */

export type Language = "ru" | "en";

const two = (n: number) => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function read(iso: string | null | undefined): Date | null {
  if (!iso) return null;
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** «14:32» */
export function time(iso: string | null | undefined): string {
  const d = read(iso);
  return d ? `${two(d.getHours())}:${two(d.getMinutes())}` : "";
}

/** «14:32:07» */
export function timeExact(iso: string | null | undefined): string {
  const d = read(iso);
  return d ? `${time(iso)}:${two(d.getSeconds())}` : "";
}

function day(d: Date, language: Language): string {
  return language === "ru"
    ? `${two(d.getDate())}.${two(d.getMonth() + 1)}.${d.getFullYear()}`
    : `${d.getDate()} ${MONTHS[d.getMonth()]} ${d.getFullYear()}`;
}

/** «31.01.2019», «31 Jan 2019» */
export function date(iso: string | null | undefined, language: Language): string {
  const d = read(iso);
  return d ? day(d, language) : "";
}

/** «31.01.2019 10:32» */
export function dateTime(iso: string | null | undefined, language: Language): string {
  const d = read(iso);
  return d ? `${day(d, language)} ${time(iso)}` : "";
}

/** «24.11 10:32», «24 Nov 10:32»: for recent times in little space. */
export function dayTime(iso: string | null | undefined, language: Language): string {
  const d = read(iso);
  if (!d) return "";
  const date =
    language === "ru"
      ? `${two(d.getDate())}.${two(d.getMonth() + 1)}`
      : `${d.getDate()} ${MONTHS[d.getMonth()]}`;
  return `${date} ${time(iso)}`;
}

/** A sentence of the relay with its moments in the reader's time: it writes them as ISO, for any reader. */
export const localMoments = (text: string, language: Language): string =>
  text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, (iso) => dateTime(iso, language) || iso);

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

/** «03:41», «1:03:41» */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

/** «Иванов Пётр Сергеевич» → «Иванов П.» */
export function shortName(name: string): string {
  const [family = "", first] = name.trim().split(/\s+/);
  return first ? `${family} ${first[0]}.` : family;
}

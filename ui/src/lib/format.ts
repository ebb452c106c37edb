/** Durations and names as the window writes them (product, part 5). Moments are `kit/moment.ts`. */

const two = (n: number) => String(n).padStart(2, "0");

/** «03:41», «1:03:41» */
import { i18n } from "./i18n/index.svelte";

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

/** A count with its thousands apart. */
export const figure = (n: number): string => n.toLocaleString(i18n.language === "ru" ? "ru-RU" : "en-GB");

/** Codes and figures of recordings in words. */
import type { PlayerView } from "../../lib/bindings/PlayerView";
import type { RecordingRow } from "../../lib/bindings/RecordingRow";
import { duration, type Language } from "../../lib/format";
import type { Dictionary } from "../../rooms";

/** «31.01.2026», «31 Jan 2026» */
export const dayOf = (iso: string, language: Language) =>
  new Intl.DateTimeFormat(language === "ru" ? "ru-RU" : "en-GB", { dateStyle: "medium" }).format(
    new Date(iso),
  );

/** «10:22» */
export const timeOf = (iso: string) =>
  new Intl.DateTimeFormat("ru-RU", { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));

/** «1,2 ГБ», «1.2 GB» */
export function sizeOf(bytes: number, language: Language): string {
  const units = language === "ru" ? ["КБ", "МБ", "ГБ"] : ["KB", "MB", "GB"];
  let [size, unit] = [bytes / 1024, 0];
  while (size >= 1000 && unit < 2) [size, unit] = [size / 1024, unit + 1];
  const shown = new Intl.NumberFormat(language, { maximumFractionDigits: size < 10 ? 1 : 0 }).format(size);
  return `${shown} ${units[unit]}`;
}

/** Where a recording is, in words. */
export function placeOf(
  row: RecordingRow,
  percent: number | null | undefined,
  t: Dictionary,
  language: Language,
): string {
  if (percent !== undefined) return t.recordings.loading(percent);
  if (row.place === "here" && row.gone) return t.recordings.goneHere;
  if (row.place === "missing" && row.erasedAt) return t.recordings.erased(dayOf(row.erasedAt, language));
  return t.recordings.places[row.place];
}

/** What is wrong with it, in words; empty where nothing is. */
export function problemOf(row: RecordingRow, t: Dictionary): string {
  if (!row.problem) return "";
  const [code = "", detail = ""] = row.problem.split(":");
  const words = t.recordings.problems;
  if (code === "recording_length")
    return words.recording_length(duration(row.toldMs ?? 0), duration(row.lengthMs ?? 0));
  if (code === "recording_format") return words.recording_format(detail);
  const known = words[code as Exclude<keyof typeof words, "recording_length" | "recording_format">];
  return known ?? t.recordings.later;
}

/** What keeps the player from being heard as wished; empty where nothing does. */
export function troubleOf(view: PlayerView, t: Dictionary): string {
  const words = t.player.troubles;
  if (!view.trouble) return "";
  const [code = ""] = view.trouble.split(":");
  return words[code as keyof typeof words] ?? (view.phase === "waiting" ? t.recordings.later : words.other);
}

export const nameOf = (row: { name: string | null; number: string | null; hidden: boolean }, t: Dictionary) =>
  row.name ?? row.number ?? (row.hidden ? t.recordings.hidden : t.recordings.unknown);

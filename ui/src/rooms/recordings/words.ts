/** Codes and figures of recordings in words. */
import type { PlayerView } from "../../lib/bindings/PlayerView";
import type { Problem } from "../../lib/bindings/Problem";
import type { RecordingRow } from "../../lib/bindings/RecordingRow";
import type { SoundFault } from "../../lib/bindings/SoundFault";
import { duration } from "../../lib/format";
import { moment } from "../../kit/moment";
import type { Dictionary } from "../../rooms";

/** «1,2 ГБ», «1.2 GB» */
export function sizeOf(bytes: number, t: Dictionary): string {
  let [size, unit] = [bytes / 1024, 0];
  while (size >= 1000 && unit < 2) [size, unit] = [size / 1024, unit + 1];
  return t.recordings.size(size, unit);
}

/** Where a recording is, in words. */
export function placeOf(row: RecordingRow, percent: number | null | undefined, t: Dictionary): string {
  if (percent !== undefined) return t.recordings.loading(percent);
  if (row.place === "here" && row.gone) return t.recordings.goneHere;
  if (row.place === "missing" && row.erasedAt) return t.recordings.erased(moment(row.erasedAt, "date"));
  return t.recordings.places[row.place];
}

type Told = Pick<RecordingRow, "toldMs" | "lengthMs" | "format">;
const isSound = (problem: Problem, t: Dictionary): problem is SoundFault => problem in t.recordings.problems;

/** What is wrong, in words. What only keeps it from coming is told as that: it is tried again by itself. */
function wordsOf(problem: Problem, told: Told | null, t: Dictionary): string {
  if (!isSound(problem, t)) return problem === "not_found" ? t.recordings.notYet : t.recordings.later;
  const words = t.recordings.problems;
  switch (problem) {
    case "recording_length":
      return words.recording_length(duration(told?.toldMs ?? 0), duration(told?.lengthMs ?? 0));
    case "recording_format":
      return words.recording_format(told?.format ?? "");
    default:
      return words[problem];
  }
}

/** What is wrong with a recording; empty where nothing is. */
export const problemOf = (row: RecordingRow, t: Dictionary): string =>
  row.problem ? wordsOf(row.problem, row, t) : "";

/** What keeps the player from being heard as wished; empty where nothing does. */
export function troubleOf(view: PlayerView, row: RecordingRow | null, t: Dictionary): string {
  if (!view.trouble) return "";
  if (view.trouble === "recording_gone") return t.player.gone;
  if (view.phase !== "waiting" && !isSound(view.trouble, t)) return t.player.failed;
  return wordsOf(view.trouble, row, t);
}

export const nameOf = (row: { name: string | null; number: string | null; hidden: boolean }, t: Dictionary) =>
  row.name ?? row.number ?? (row.hidden ? t.recordings.hidden : t.recordings.unknown);

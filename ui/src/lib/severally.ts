/** What can be done with the chosen rows of any list. */
import type { Back } from "../kit/chosen.svelte";
import type { Offer } from "../kit/offer";
import { app } from "./app.svelte";
import type { CallNote } from "./bindings/CallNote";
import type { Failure } from "./bindings/Failure";
import type { FileWritten } from "./bindings/FileWritten";
import { copy } from "./clipboard";
import { i18n } from "./i18n/index.svelte";
import { asFailure, ask } from "./ipc";

/** Their numbers, a line each, each once. */
export const copyingNumbers = (numbers: () => (string | null)[]): Offer => ({
  id: "numbers",
  word: i18n.t.common.copyNumbers,
  short: i18n.t.common.numbersShort,
  icon: "copy",
  keys: "Ctrl+C",
  run: () => void copyNumbers(numbers()),
});

async function copyNumbers(all: (string | null)[]): Promise<void> {
  const t = i18n.t.common;
  const numbers = [...new Set(all.filter((one): one is string => Boolean(one)))];
  if (!numbers.length) app.say(t.noNumbers);
  else if (await copy(numbers.join("\n"))) app.say(t.numbersCopied(numbers.length));
}

/** The rows as a table that a spreadsheet takes from the clipboard. */
export const copyingTable = (heads: readonly string[], lines: () => string[][], keys?: string): Offer => ({
  id: "table",
  word: i18n.t.common.copyTable,
  short: i18n.t.common.tableShort,
  icon: "list",
  ...(keys ? { keys } : {}),
  run: () => void copyTable(heads, lines()),
});

async function copyTable(heads: readonly string[], rows: string[][]): Promise<void> {
  const text = [heads, ...rows].map((line) => line.map(cell).join("\t")).join("\r\n");
  if (await copy(text)) app.say(i18n.t.common.tableCopied(rows.length));
}

/** The rows alone as a file, of a kind that is asked for. */
export const toFile = (run: () => void): Offer => ({
  id: "file",
  word: i18n.t.common.toFile,
  short: i18n.t.common.fileShort,
  icon: "download",
  run,
});

/** What is said of a file of chosen rows: who is gone meanwhile is not in it. */
export const fileSaid = ({ path, rows }: FileWritten, chosen: number): string =>
  rows < chosen ? i18n.t.file.writtenSome(path, rows, chosen) : i18n.t.file.written(path);

/** Most entries of the queue that one command changes. */
export const MOST_AT_ONCE = 500;

/** Changes entries of the queue, so many at once as one command takes; what was done, what was not, and why. */
export async function inParts(
  ids: readonly number[],
  work: (ids: number[]) => Promise<unknown>,
): Promise<{ done: number[]; rest: number[]; failure: Failure | null }> {
  for (let at = 0; at < ids.length; at += MOST_AT_ONCE) {
    try {
      await work(ids.slice(at, at + MOST_AT_ONCE));
    } catch (reason) {
      return { done: ids.slice(0, at), rest: ids.slice(at), failure: asFailure(reason) };
    }
  }
  return { done: ids.slice(), rest: [], failure: null };
}

/** One line, and as in the files: what a spreadsheet would take for a formula begins with an apostrophe. */
function cell(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return /^[=+\-@]/.test(line) ? `'${line}` : line;
}

/** Adds a tag to what is written about a call; what else is written meanwhile stays when it is taken back. */
export async function tagCall(call: string, tag: string): Promise<Back | null> {
  const change = async (tags: (before: string[]) => string[]) => {
    const written: CallNote = await ask("notes.of_call", { call });
    await ask("notes.save", { call, written: { ...written, tags: tags(written.tags) } });
  };
  const { tags } = await ask("notes.of_call", { call });
  if (tags.includes(tag)) return null;
  await change((before) => [...before, tag]);
  return () => change((before) => before.filter((one) => one !== tag));
}

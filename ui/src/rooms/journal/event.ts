/** Texts of events and what processing them again has changed. */
import { moment } from "../../kit/moment";
import { duration } from "../../lib/format";
import { wordOf } from "../../lib/words";
import type { Dictionary } from "../../lib/i18n/index.svelte";

/** XML with one element a line; what is no XML stays as it is. */
export function indented(raw: string): string {
  const text = raw.trim();
  if (!text.startsWith("<") || !text.endsWith(">")) return raw;
  const lines: string[] = [];
  let depth = 0;
  // An element that holds only text stays on its line.
  const parts = text.match(
    /<\?[^>]*\?>|<!--[\s\S]*?-->|<([\w:.-]+)(?:\s[^>]*)?>[^<]*<\/\1\s*>|<\/?[^>]+>|[^<]+/g,
  );
  for (const part of parts ?? []) {
    const line = part.trim();
    if (!line) continue;
    const closes = /^<\//.test(line);
    if (closes) depth = Math.max(0, depth - 1);
    lines.push("  ".repeat(depth) + line);
    const opens = /^<[^!?/]/.test(line) && !/\/>$/.test(line) && !/<\//.test(line);
    if (opens) depth++;
  }
  return lines.join("\n");
}

/** Why an event cannot be read. The relay's sentence is English; its numbers stay. */
export function reasonText(error: string, t: Dictionary): string {
  const numbers = error.match(/\d+/g) ?? [];
  return wordOf(t.journal.reasons, error.replace(/\d+/g, "#")).replace(/#/g, () => numbers.shift() ?? "");
}

export type Difference = { path: string; was: string | null; became: string | null };

/** Leaves that are different, by their paths; `version` and `updatedAt` always are and tell nothing. */
export function differences(
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
): Difference[] {
  const was = new Map(leaves(before));
  const became = new Map(leaves(after));
  return [...new Set([...was.keys(), ...became.keys()])]
    .filter((path) => path !== "version" && path !== "updatedAt" && was.get(path) !== became.get(path))
    .map((path) => ({ path, was: was.get(path) ?? null, became: became.get(path) ?? null }));
}

function leaves(value: unknown, path = ""): [string, string][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

/** A difference in words; a field without a word stays as the relay names it. */
export function differenceText(
  { path, was, became }: Difference,
  t: Dictionary,
): { field: string; was: string; became: string } {
  const words = t.journal;
  const leg = /^legs\.(\d+)\.(\w+)$/.exec(path);
  const key = leg?.[2] ?? path;
  const name = words.fields[key] ?? key;
  const say = (value: string | null): string => {
    if (value === null) return words.absent;
    if (value === "true" || value === "false") return value === "true" ? words.yes : words.no;
    if (key.endsWith("At")) return moment(value, "full") || value;
    if (key.endsWith("Ms")) return duration(Number(value));
    if (key === "outcome") return wordOf(words.outcomes, value);
    if (key === "state") return wordOf(t.leg.states, value);
    if (key === "cause") return wordOf(t.leg.causes, value);
    return value;
  };
  return {
    field: leg ? words.leg(Number(leg[1]) + 1, name) : name,
    was: say(was),
    became: say(became),
  };
}

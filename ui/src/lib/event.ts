/** Texts of events and what processing them again has changed. */

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

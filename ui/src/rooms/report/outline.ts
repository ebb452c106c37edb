/** The lines of a report as an outline that can be folded. */
import type { ReportLine } from "../../lib/bindings/ReportLine";

/** A group by what it is: stays the same when the report is read again. */
export const keyOf = (line: ReportLine): string => line.call ?? JSON.stringify(line.path);

/** The lines that no folded group hides. */
export function unfolded(lines: readonly ReportLine[], folded: ReadonlySet<string>): ReportLine[] {
  const shown: ReportLine[] = [];
  // What is deeper than this is hidden.
  let depth = Infinity;
  for (const line of lines) {
    if (line.level > depth) continue;
    depth = folded.has(keyOf(line)) ? line.level : Infinity;
    shown.push(line);
  }
  return shown;
}

/** The groups that have something below them. */
export function parents(lines: readonly ReportLine[]): Set<string> {
  const found = new Set<string>();
  lines.forEach((line, at) => {
    if ((lines[at + 1]?.level ?? 0) > line.level) found.add(keyOf(line));
  });
  return found;
}

/** «31.01.2026» or «2026-01-31» as an ISO date; null where it is none. */
export function isoOf(text: string): string | null {
  const found = /^\s*(\d{1,2})[.\/](\d{1,2})[.\/](\d{4})\s*$/.exec(text);
  const iso = found
    ? `${found[3]}-${(found[2] ?? "").padStart(2, "0")}-${(found[1] ?? "").padStart(2, "0")}`
    : text.trim();
  const date = new Date(`${iso}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(iso) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso)
    ? iso
    : null;
}

/** An ISO date as a person types it. */
export const typed = (iso: string): string => iso.split("-").reverse().join(".");

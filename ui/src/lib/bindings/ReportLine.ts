// hand
import type { ReportCell } from "./ReportCell";

export type ReportLine = { level: number, label: string, texts: Array<string>, cells: Array<ReportCell>, path: Array<string | null>, call: string | null, startedMs: number | null, calls: number };

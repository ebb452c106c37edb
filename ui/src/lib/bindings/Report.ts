// hand
import type { ReportLine } from "./ReportLine";

export type Report = { heads: Array<Array<string>>, lines: Array<ReportLine>, total: ReportLine, from: string, to: string, before: [string, string] | null, zone: string, calls: number, journal: number, cut: boolean };

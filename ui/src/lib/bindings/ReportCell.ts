// hand

export type ReportCell = { value: number | null, text: string, before: number | null, beforeText: string | null };

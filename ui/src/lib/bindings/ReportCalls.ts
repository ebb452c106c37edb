// hand
import type { CallRow } from "./CallRow";

export type ReportCalls = { rows: Array<CallRow>, next: string | null, calls: number };

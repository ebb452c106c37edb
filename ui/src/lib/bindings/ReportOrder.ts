// hand
import type { Measure } from "./Measure";

export type ReportOrder = { measure: Measure, descending: boolean };

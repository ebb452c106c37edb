// hand
import type { Grouping } from "./Grouping";
import type { Measure } from "./Measure";
import type { Column } from "./Column";

export type ReportWords = { groupings: Array<[Grouping, string]>, measures: Array<[Measure, string, string]>, columns: Array<[Column, string]>, lines: Array<string>, abonents: Array<[string, string]> };

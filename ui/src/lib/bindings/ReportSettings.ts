// hand
import type { Grouping } from "./Grouping";
import type { Measure } from "./Measure";
import type { Column } from "./Column";
import type { Period } from "./Period";
import type { ReportFilter } from "./ReportFilter";
import type { ReportOrder } from "./ReportOrder";

export type ReportSettings = { groupings: Array<Grouping>, measures: Array<Measure>, rows: boolean, columns: Array<Column>, period: Period, filter: ReportFilter, zone: string | null, compare: boolean, order: ReportOrder | null, seconds: boolean };

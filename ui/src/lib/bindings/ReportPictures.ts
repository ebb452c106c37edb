// hand
import type { Report } from "./Report";
import type { Grouping } from "./Grouping";

export type ReportPictures = { load: Report, step: Grouping, missed: Report, talk: Report };

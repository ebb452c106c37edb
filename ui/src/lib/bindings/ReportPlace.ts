// hand
import type { ReportSettings } from "./ReportSettings";
import type { Measure } from "./Measure";

export type ReportPlace = { settings: ReportSettings, path: Array<string | null>, measure: Measure | null };

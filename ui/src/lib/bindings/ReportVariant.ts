// hand
import type { ReportSettings } from "./ReportSettings";

export type ReportVariant = { id: string, name: string, settings: ReportSettings, own: boolean };

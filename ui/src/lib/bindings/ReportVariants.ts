// hand
import type { ReportVariant } from "./ReportVariant";

export type ReportVariants = { variants: Array<ReportVariant>, first: string };

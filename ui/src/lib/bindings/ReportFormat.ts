// hand

export type ReportFormat = "xlsx" | "csv" | "csv_1251";

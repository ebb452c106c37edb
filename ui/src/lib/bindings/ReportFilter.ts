// hand

export type ReportFilter = { abonents: Array<string>, lines: Array<string>, direction: "incoming" | "outgoing" | null, outcomes: Array<string>, internal: boolean | null, query: string };

// hand

export type Grouping = "abonent" | "day" | "week" | "month" | "hour" | "weekday" | "contact" | "company" | "number" | "direction" | "line" | "outcome";

// hand

export type Column = "time" | "contact" | "number" | "direction" | "missed";

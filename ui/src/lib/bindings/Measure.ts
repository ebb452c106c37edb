// hand

export type Measure = "count" | "answered" | "missed" | "missed_share" | "talk_sum" | "talk_mean" | "talk_median" | "talk_p90" | "wait_sum" | "wait_mean" | "wait_median" | "wait_p90" | "back_mean" | "back_median" | "back_share" | "first";

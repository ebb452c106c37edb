// hand

export type Period = { "kind": "today" } | { "kind": "yesterday" } | { "kind": "this_week" } | { "kind": "last_week" } | { "kind": "this_month" } | { "kind": "last_month" } | { "kind": "this_year" } | { "kind": "all" } | { "kind": "between", from: string, to: string };

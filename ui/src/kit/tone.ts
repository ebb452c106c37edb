/** What a colour means. One set for lists, pages, toast pictures and the tray: `tones.json` has their colours. */
export type Tone = "ok" | "warn" | "bad" | "wait" | "live" | "muted";

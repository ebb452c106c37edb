/** What a row can do: an entry of its menu, a key of its list, and where the row has a button for it, that button. */
import type { IconName } from "./Icon.svelte";

export type Offer = {
  /** Of the entry, and of the row's button for it (`data-action`). */
  id: string;
  word: string;
  /** A part of it that will do beside the sign, where there is little room. */
  short?: string;
  icon?: IconName;
  /** As a person reads it: `Ctrl+Enter`, `Shift+F2`, `Space`. */
  keys?: string;
  danger?: boolean;
  run: () => void;
};

/** The keys as they are shown. */
export const keysWord = (keys: string, words: Record<string, string>): string =>
  keys
    .split("+")
    .map((key) => words[key] ?? key)
    .join("+");

/** Whether these are the keys that were pressed. A letter is the key of that place, whatever the keyboard writes with it. */
export function isPressed(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.pop() ?? "";
  const command = event.ctrlKey || event.metaKey;
  return (
    command === parts.includes("Ctrl") &&
    event.altKey === parts.includes("Alt") &&
    event.shiftKey === parts.includes("Shift") &&
    (/^[A-Z]$/.test(key) ? event.code === `Key${key}` : event.key === (key === "Space" ? " " : key))
  );
}

import type { Offer } from "../kit/offer";
import { app } from "./app.svelte";
import { i18n } from "./i18n/index.svelte";

/** Copies a text; answers whether that worked. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Some web views keep the clipboard from pages of their own scheme; the old way needs a selection.
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.style.position = "fixed";
    area.style.opacity = "0";
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

/** Copies a number and says so. */
async function copyNumber(number: string): Promise<void> {
  if (await copy(number)) app.say(i18n.t.common.numberCopied(number));
}

/** What a row with a number offers: its copy. */
export const copying = (number: string): Offer => ({
  id: "copy",
  word: i18n.t.common.copyNumber,
  icon: "copy",
  keys: "Ctrl+C",
  run: () => void copyNumber(number),
});

/** What the contact form checks before it asks the app; the app checks again. */
import type { ContactDraft } from "./bindings/ContactDraft";
import type { ContactView } from "./bindings/ContactView";

export type Problems = {
  name: boolean;
  email: boolean;
  numbers: (null | "bad" | "twice")[];
};

/** A number in any spelling: digits with the usual signs, an extension after «доб.», «внутр. тел.», «ext» or pauses. */
const NUMBER =
  /^\+?[\d\s()\-.–/*#]*\d[\d\s()\-.–/*#]*(?:[\s,;(]*(?:(?:доб|доп|вн|д|х|ext|x)[a-zа-яё]*\.?\s*(?:тел\.?|номер|№)?|[,;#]+)[\s.:]*\d{1,7}#?\)?)?$/i;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function looksLikeNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "").length;
  return NUMBER.test(text.trim()) && digits >= 2 && digits <= 24;
}

/** The same number in two spellings: compared by its last ten digits, short ones whole. */
const keyOf = (text: string) => text.replace(/\D/g, "").slice(-10);

/** A short number outside the company: the bank's 900 is not the colleague with the extension 900. */
export const isShort = (key: string) => key.startsWith("short:");

/** A number key as it is shown and copied: without that mark. */
export const shownKey = (key: string) => key.replace(/^short:/, "");

export function blank(number: string, name: string): ContactDraft {
  const display = shownKey(number);
  const numbers = [{ display, key: isShort(number) ? number : "", label: "" }];
  return { id: null, kind: "natural_person", name, company: "", email: "", note: "", numbers };
}

export function draftOf(view: ContactView): ContactDraft {
  const { id, kind, name, company, email, note } = view;
  const numbers = view.numbers.map((number) => ({ ...number }));
  return { id, kind, name, company, email, note, numbers: numbers.length ? numbers : blank("", "").numbers };
}

/** The draft as it is sent: trimmed, without empty numbers; the app takes a key only where its number is not written anew. */
export function finished(draft: ContactDraft): ContactDraft {
  return {
    ...draft,
    name: draft.name.trim(),
    company: draft.company.trim(),
    email: draft.email.trim(),
    note: draft.note.trim(),
    numbers: draft.numbers
      .filter((number) => number.display.trim())
      .map(({ display, key, label }) => ({ display: display.trim(), key, label: label.trim() })),
  };
}

export function problems(draft: ContactDraft): Problems {
  const seen = new Set<string>();
  return {
    name: !draft.name.trim(),
    email: Boolean(draft.email.trim()) && !EMAIL.test(draft.email.trim()),
    numbers: draft.numbers.map(({ display }) => {
      if (!display.trim()) return null;
      if (!looksLikeNumber(display)) return "bad";
      const key = keyOf(display);
      if (seen.has(key)) return "twice";
      seen.add(key);
      return null;
    }),
  };
}

export const clean = (found: Problems) => !found.name && !found.email && found.numbers.every((one) => !one);

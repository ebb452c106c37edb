/** What the contact form checks before it asks the app; the app checks again. */
import type { ContactDraft } from "./bindings/ContactDraft";
import type { ContactView } from "./bindings/ContactView";

export type Problems = {
  name: boolean;
  email: boolean;
  numbers: (null | "bad" | "twice")[];
};

/** A number in any spelling: digits with the usual signs, an extension behind «доб.» or «ext». */
const NUMBER = /^\+?[\d\s()\-.–/*#]*\d[\d\s()\-.–/*#]*(?:(?:,|;|доб\.?|ext\.?|#)\s*\d{1,6})?$/i;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function looksLikeNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "").length;
  return NUMBER.test(text.trim()) && digits >= 2 && digits <= 24;
}

/** The same number in two spellings: compared by its last ten digits, short ones whole. */
const keyOf = (text: string) => text.replace(/\D/g, "").slice(-10);

export function blank(number: string, name: string): ContactDraft {
  const numbers = [{ display: number, key: "", label: "" }];
  return { id: null, kind: "natural_person", name, company: "", email: "", note: "", numbers };
}

export function draftOf(view: ContactView): ContactDraft {
  const { id, kind, name, company, email, note } = view;
  const numbers = view.numbers.map((number) => ({ ...number }));
  return { id, kind, name, company, email, note, numbers: numbers.length ? numbers : blank("", "").numbers };
}

/** The draft as it is sent: trimmed, without empty numbers; keys of rewritten numbers are the app's to find. */
export function finished(draft: ContactDraft): ContactDraft {
  return {
    ...draft,
    name: draft.name.trim(),
    company: draft.company.trim(),
    email: draft.email.trim(),
    note: draft.note.trim(),
    numbers: draft.numbers
      .filter((number) => number.display.trim())
      .map((number) => ({ display: number.display.trim(), key: "", label: number.label.trim() })),
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

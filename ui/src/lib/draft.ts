/** What the contact form checks before it asks the app; the app checks again. */
import type { ContactDraft } from "./bindings/ContactDraft";
import type { ContactView } from "./bindings/ContactView";
import { ask, askAgain } from "./ipc";

export type Problems = {
  name: boolean;
  email: boolean;
  numbers: (null | "bad" | "twice")[];
};

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Numbers as the app reads them, by their texts: the key, or none where a text is no number. */
export type Read = ReadonlyMap<string, string | null>;

/** Asks the app about those texts of a draft that it was not asked about yet. */
export async function readNumbers(draft: ContactDraft, read: Map<string, string | null>): Promise<void> {
  for (const { display, key } of draft.numbers) {
    const text = display.trim();
    if (!text || read.has(text)) continue;
    // A short number that is outside the company: written anew it would be a colleague's.
    if (isShort(key) && text === shownKey(key)) read.set(text, key);
    else read.set(text, (await askAgain(() => ask("dial.find", { text }))).number?.key ?? null);
  }
}

/** A short number outside the company: the bank's 900 is not the colleague with the extension 900. */
export const isShort = (key: string) => key.startsWith("short:");

/** A number key as it is shown and copied: without that mark. */
export const shownKey = (key: string) => key.replace(/^short:/, "");

export function blank(number: string, name: string): ContactDraft {
  const display = shownKey(number);
  const numbers = [{ display, key: isShort(number) ? number : "", label: "" }];
  const about = { tags: [], responsible: "", fields: [] };
  return { id: null, kind: "natural_person", name, company: "", email: "", note: "", about, numbers };
}

export function draftOf(view: ContactView): ContactDraft {
  const { id, kind, name, company, email, note } = view;
  const { tags, responsible, fields } = view.about;
  const about = { tags: [...tags], responsible, fields: fields.map((field) => ({ ...field })) };
  const numbers = view.numbers.map((number) => ({ ...number }));
  return {
    id,
    kind,
    name,
    company,
    email,
    note,
    about,
    numbers: numbers.length ? numbers : blank("", "").numbers,
  };
}

/** The draft as it is sent: trimmed, without empty numbers; the app takes a key only where its number is not written anew. */
export function finished(draft: ContactDraft): ContactDraft {
  return {
    ...draft,
    name: draft.name.trim(),
    company: draft.company.trim(),
    email: draft.email.trim(),
    note: draft.note.trim(),
    about: {
      tags: draft.about.tags,
      responsible: draft.about.responsible.trim(),
      fields: draft.about.fields
        .map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))
        .filter(({ name, value }) => name || value),
    },
    numbers: draft.numbers
      .filter((number) => number.display.trim())
      .map(({ display, key, label }) => ({ display: display.trim(), key, label: label.trim() })),
  };
}

/** What is wrong; of a number that was not read yet nothing is known. */
export function problems(draft: ContactDraft, read: Read): Problems {
  const seen = new Set<string>();
  return {
    name: !draft.name.trim(),
    email: Boolean(draft.email.trim()) && !EMAIL.test(draft.email.trim()),
    numbers: draft.numbers.map(({ display }) => {
      const key = read.get(display.trim());
      if (key === undefined) return null;
      if (key === null) return "bad";
      if (seen.has(key)) return "twice";
      seen.add(key);
      return null;
    }),
  };
}

export const clean = (found: Problems) => !found.name && !found.email && found.numbers.every((one) => !one);

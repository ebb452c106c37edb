/** Contacts, and those of a file: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { ContactRow } from "../../src/lib/bindings/ContactRow";
import type { ContactDraft } from "../../src/lib/bindings/ContactDraft";
import * as data from "./data";
import { digits } from "./data";
import { writtenOf } from "./notes";
import type { Failure } from "../../src/lib/bindings/Failure";

type Args = Record<string, any>;
const missing: Failure = { code: "not_found", detail: null };

export function listed(app: Backend, query: string): ContactRow[] {
  const text = query.toLocaleLowerCase();
  return app.contacts
    .filter((one) => `${one.name} ${one.company}`.toLocaleLowerCase().includes(text))
    .map(({ id, kind, name, company, numbers }) => ({
      id,
      kind,
      name,
      company,
      number: numbers[0]?.display ?? null,
      numberKey: numbers[0]?.key ?? null,
    }));
}

export function save(app: Backend, draft: ContactDraft): number {
  const id = draft.id ?? Math.max(0, ...app.contacts.map((one) => one.id)) + 1;
  const saved = { ...draft, id, calls: [], notes: [], companyId: null, people: [], reminders: [] };
  app.contacts = [...app.contacts.filter((one) => one.id !== id), saved];
  const keys = new Set(draft.numbers.map((number) => digits(number.display).slice(-10)));
  app.calls = app.calls.map((row) =>
    row.numberKey && keys.has(digits(row.numberKey).slice(-10))
      ? { ...row, name: draft.name, contactId: id, candidates: [] }
      : row,
  );
  app.changed({ contacts: "many", numbers: "many" });
  return id;
}

/** The answer, or `undefined` for what is not of this room. */
export function contacts(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "import.begin":
    case "import.piece":
    case "import.read":
    case "import.start":
    case "import.progress":
    case "import.cancel":
    case "import.close":
      return app.imports.answer(command, args);
    case "import.undo":
      app.changed({ contacts: "many", numbers: "many" });
      return app.imports.answer(command, args);
    case "contacts.list":
      return data.stretch(listed(app, args.query), args.cursor, args.back, args.limit);
    case "contacts.place": {
      const rows = listed(app, args.query);
      const name = String(args.at.name ?? "").toLocaleLowerCase();
      const begins = rows.findIndex((one) => one.name.toLocaleLowerCase().startsWith(name));
      const behind = rows.findIndex((one) => one.name.toLocaleLowerCase() > name);
      const found = args.at.row ?? (begins < 0 ? behind : begins);
      const row = found < 0 ? rows.length - 1 : found;
      return { row, total: rows.length, cursor: row ? String(row) : null };
    }
    case "contacts.one": {
      const contact = app.contacts.find((one) => one.id === args.id);
      if (!contact) throw missing;
      const calls = app.calls.filter((row) => row.contactId === contact.id).slice(0, 100);
      const notes = calls
        .filter((row) => app.notes.has(row.id))
        .map((row) => ({ call: row.id, written: writtenOf(app, row.id) }));
      const same = (company: string, one: string) => company !== "" && company === one;
      const people = app.contacts.filter(({ company }) => same(company, contact.name));
      const reminders = contact.id === 1 ? [{ id: 2, at: data.ago(-120), note: "Сказать о скидке" }] : [];
      return {
        ...contact,
        companyId: app.contacts.find(({ name }) => same(contact.company, name))?.id ?? null,
        people: people.map(({ id, name }) => ({ id, name })),
        reminders,
        calls,
        notes,
      };
    }
    case "contacts.save":
      return save(app, args.draft);
    case "contacts.attach_number": {
      const contact = app.contacts.find((one) => one.id === args.id);
      if (!contact) throw missing;
      contact.numbers.push({ display: args.number, key: args.number, label: args.label });
      app.changed({ contacts: "many", numbers: "many" });
      return null;
    }
    case "contacts.merge": {
      const [into, ...others] = args.ids as number[];
      app.merged = app.contacts;
      app.contacts = app.contacts
        .filter((one) => !others.includes(one.id))
        .map((one) =>
          one.id === into
            ? {
                ...one,
                numbers: app.contacts
                  .filter((own) => args.ids.includes(own.id))
                  .flatMap((own) => own.numbers),
              }
            : one,
        );
      app.changed({ contacts: "many", numbers: "many" });
      return 1;
    }
    case "contacts.unmerge":
      app.contacts = app.merged;
      app.changed({ contacts: "many", numbers: "many" });
      return null;
    case "contacts.watched":
      return app.state.settings.contactFiles.map((path, at) => ({
        path,
        state: at ? "missing" : "read",
        changed: at ? 0 : 12,
        skipped: at ? 0 : 3,
      }));
    case "contacts.export":
      return {
        path: `/home/user/Загрузки/Контакты.${args.format === "csv" ? "csv" : "vcf"}`,
        rows: app.contacts.filter((one) => args.ids?.includes(one.id) ?? true).length,
      };
    case "contacts.delete": {
      const gone = app.contacts.find((one) => one.id === args.id);
      if (!gone) throw missing;
      app.contacts = app.contacts.filter((one) => one !== gone);
      app.changed({ contacts: "many", numbers: "many" });
      return { source: "", external_id: null, priority: 0, draft: gone };
    }
    case "contacts.undelete":
      save(app, args.before.draft);
      return null;
    default:
      return undefined;
  }
}

/** A file with contacts in the stand-in app: what it has does not depend on its bytes. */
import type { ImportDone } from "../../src/lib/bindings/ImportDone";
import type { ImportHow } from "../../src/lib/bindings/ImportHow";
import type { ImportPreview } from "../../src/lib/bindings/ImportPreview";
import type { ImportProgress } from "../../src/lib/bindings/ImportProgress";

// The types of the commands hold on the side of the window.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Args = Record<string, any>;

const preview = (): ImportPreview => ({
  format: "csv",
  encoding: "windows-1251",
  separator: ";",
  sheets: [],
  sheet: null,
  how: { encoding: null, separator: null, sheet: null, columns: null },
  remembered: false,
  columns: [
    { title: "Наименование", role: "name" },
    { title: "Телефон", role: "phone" },
    { title: "ИНН", role: "ignore" },
    { title: "Комментарий", role: "note" },
  ],
  sample: [
    ["ООО «Тест-Альфа»", "8(495)000-00-31", "7700000001", "первая строка"],
    ["ООО «Бета» и Ко", "89000000232", "0077000002", ""],
    ["Гамма", "8 900 000-02-34; 8 900 000-02-35", "", "два номера в ячейке"],
    ["Орлова Дарья", "+7 (900) 000-00-11", "", ""],
  ],
  contacts: 199,
  fresh: 190,
  changed: 6,
  equal: 1,
  kept: 0,
  sameAsKnown: 2,
  likeKnown: 3,
  same: [
    {
      line: 5,
      name: "Орлова Дарья",
      number: "+7 (900) 000-00-11",
      with: { id: 1, name: "Орлова Дарья" },
      by: "both",
    },
    {
      line: 9,
      name: "Приёмная",
      number: "+7 (900) 000-00-14",
      with: { id: 4, name: "Романова Вера" },
      by: "number",
    },
  ],
  problems: [
    { line: 57, doubt: "no_number", skipped: false, text: "8 (9ОО) дом", other: null },
    { line: 133, doubt: "nothing", skipped: true, text: "Контакт 132", other: null },
    {
      line: 150,
      doubt: "shared_number",
      skipped: false,
      text: "Контакт 149 · +7 (900) 000-01-48",
      other: 149,
    },
  ],
  problemsTotal: 3,
  skipped: 1,
});

export class Imports {
  received = "";
  sheets: string[] = [];
  remembered = false;
  progress: ImportProgress | null = null;
  /** How much is done at each question. */
  step = 100;
  #preview = preview();
  #leaveSame = true;

  #done(cancelled: boolean): ImportDone {
    const added = this.#preview.fresh + (this.#leaveSame ? 0 : this.#preview.sameAsKnown);
    return { id: 3, added, changed: 6, equal: 1, kept: 0, leftOut: this.#leaveSame ? 2 : 0, cancelled };
  }

  answer(command: string, args: Args): unknown {
    switch (command) {
      case "import.begin":
        this.received = "";
        return null;
      case "import.piece":
        this.received += atob(args.data);
        return null;
      case "import.read": {
        const { encoding, separator, columns } = args.how as ImportHow;
        const read = this.#preview;
        return {
          ...read,
          how: args.how,
          sheets: this.sheets,
          sheet: args.how.sheet ?? this.sheets[0] ?? null,
          remembered: this.remembered,
          encoding: encoding ?? read.encoding,
          separator: separator ?? read.separator,
          columns: read.columns.map((column, at) => ({ ...column, role: columns?.[at] ?? column.role })),
        };
      }
      case "import.start":
        this.#leaveSame = args.leaveSame;
        this.progress = { done: 0, total: this.#preview.contacts, finished: null, failure: null };
        return null;
      case "import.progress": {
        if (!this.progress || this.progress.finished) return this.progress;
        const done = Math.min(this.progress.total, this.progress.done + this.step);
        const finished = done === this.progress.total ? this.#done(false) : null;
        return (this.progress = { ...this.progress, done, finished });
      }
      case "import.cancel":
        if (this.progress) this.progress = { ...this.progress, finished: this.#done(true) };
        return null;
      case "import.undo":
        return { removed: 190, restored: 6, kept: 0 };
      default:
        return null;
    }
  }
}

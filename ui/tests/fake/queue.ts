/** The queue «Надо перезвонить» of the stand-in app. */
import type { CallbackRow } from "../../src/lib/bindings/CallbackRow";
import type { CallRow } from "../../src/lib/bindings/CallRow";
import { ago, call, keyNumber, paged, shownNumber } from "./data";

type Args = Record<string, any>;

const soon = (minutes: number) => ago(-minutes);

function one(id: number, over: Partial<CallbackRow>, of: Partial<CallRow>): CallbackRow {
  const row = call({
    id: `01Q000000000000000000000${id}`,
    outcome: "missed",
    talkMs: null,
    documentId: null,
    toCallBack: over.state === undefined,
    ...of,
  });
  return {
    id,
    call: row,
    times: 1,
    sinceAt: row.startedAt ?? ago(0),
    state: "waiting",
    handledBy: null,
    handledAt: null,
    canUndo: false,
    alsoMissed: [],
    note: null,
    claim: null,
    remindAt: null,
    remindNote: "",
    reminded: false,
    ...over,
  };
}

const unknown = { name: null, contactId: null };
const of = (n: number) => ({ number: shownNumber(n), numberKey: keyNumber(n) });

const persons = (): CallbackRow[] => [
  one(
    1,
    { alsoMissed: ["Смирнова А.", "Кузнецов О."] },
    { ...unknown, ...of(21), waitMs: 18_000, startedAt: ago(9) },
  ),
  one(
    2,
    { times: 3, sinceAt: ago(190), note: "Просил счёт на два комплекта" },
    { name: "Орлова Дарья", ...of(11), startedAt: ago(42) },
  ),
  one(
    3,
    { times: 2, sinceAt: ago(300), claim: { own: false, name: "Смирнова Анна", until: soon(22) } },
    { name: "ООО «Берёзка»", ...of(12), contactId: 2, startedAt: ago(95) },
  ),
  one(
    4,
    { times: 0, reminded: true, remindAt: ago(3), remindNote: "Сказать, когда приедет курьер" },
    {
      name: "Лебедев Антон",
      ...of(13),
      contactId: 3,
      startedAt: ago(3),
      line: null,
      waitMs: null,
      toCallBack: false,
    },
  ),
  one(
    5,
    { claim: { own: true, name: "Иванов Пётр", until: soon(12) } },
    { name: "Романова Вера", ...of(14), contactId: 4, startedAt: ago(60 * 50) },
  ),
];

const put: () => CallbackRow[] = () => [
  one(
    6,
    { remindAt: soon(14), remindNote: "После обеда" },
    { name: "Фёдорова Ольга", ...of(15), contactId: 5, startedAt: ago(130) },
  ),
];

const handled = (): CallbackRow[] => [
  one(7, { state: "called_back", sinceAt: ago(75), handledAt: ago(66) }, { name: "Егоров Павел", ...of(16) }),
  one(8, { state: "called_again", sinceAt: ago(140), handledAt: ago(120) }, { ...unknown, ...of(22) }),
  one(
    9,
    { state: "colleague", handledBy: "Кузнецов Олег", sinceAt: ago(400), handledAt: ago(160) },
    { name: "Захаров Илья", ...of(17) },
  ),
  one(
    10,
    { state: "done", canUndo: true, sinceAt: ago(600), handledAt: ago(300) },
    { ...unknown, ...of(23) },
  ),
];

export class Queue {
  waiting = persons();
  later = put();
  handled = handled();

  answer(command: string, args: Args): unknown {
    const ids = (args.ids ?? []) as number[];
    const take = (from: CallbackRow[]) => from.filter((row) => ids.includes(row.id));
    const rest = (from: CallbackRow[]) => from.filter((row) => !ids.includes(row.id));
    switch (command) {
      case "queue.list": {
        const { kind, sinceMs } = args.filter as {
          kind: "waiting" | "later" | "handled";
          sinceMs: number | null;
        };
        const at = (row: CallbackRow) =>
          Date.parse((kind === "handled" ? row.handledAt : row.call.startedAt) ?? "");
        const rows = this[kind].filter((row) => kind === "later" || sinceMs === null || at(row) >= sinceMs);
        return paged(rows, args.cursor, args.limit);
      }
      case "queue.rows":
        return take([...this.waiting, ...this.later, ...this.handled]);
      case "queue.done": {
        const done = take(this.waiting).map((row): CallbackRow => ({
          ...row,
          state: "done",
          handledAt: ago(0),
          canUndo: true,
        }));
        [this.waiting, this.handled] = [rest(this.waiting), [...done, ...this.handled]];
        return null;
      }
      case "queue.undo": {
        const back = take(this.handled).map((row): CallbackRow => ({
          ...row,
          state: "waiting",
          handledAt: null,
          canUndo: false,
        }));
        [this.handled, this.waiting] = [rest(this.handled), [...back, ...this.waiting]];
        return null;
      }
      case "queue.remind":
        return 1;
      case "queue.later": {
        const all = take([...this.waiting, ...this.later]);
        [this.waiting, this.later] = [rest(this.waiting), rest(this.later)];
        const remindAt = args.atMs === null ? null : new Date(args.atMs as number).toISOString();
        const moved = all.map((row) => ({
          ...row,
          remindAt,
          remindNote: args.note === null ? row.remindNote : String(args.note),
        }));
        if (remindAt) this.later = [...this.later, ...moved];
        else this.waiting = [...moved, ...this.waiting];
        return null;
      }
      case "queue.claim":
        for (const row of this.waiting)
          if (row.id === args.id)
            row.claim = args.minutes
              ? { own: true, name: "Иванов Пётр", until: ago(-Number(args.minutes)) }
              : null;
        return null;
      default:
        return undefined;
    }
  }
}

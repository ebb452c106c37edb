/** The journal of calls: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { CallMark } from "../../src/lib/bindings/CallMark";
import type { CallRow } from "../../src/lib/bindings/CallRow";
import type { CallsFilter } from "../../src/lib/bindings/CallsFilter";
import type { CallsKept } from "../../src/lib/bindings/CallsKept";
import type { CallsSpan } from "../../src/lib/bindings/CallsSpan";
import * as data from "./data";
import { digits } from "./data";
import { writtenOf } from "./notes";
import type { Failure } from "../../src/lib/bindings/Failure";

type Args = Record<string, any>;
const missing: Failure = { code: "not_found", detail: null };

export function listed(app: Backend, filter: CallsFilter, span: CallsSpan): CallRow[] {
  const query = filter.query.toLocaleLowerCase();
  const number = digits(query);
  const marks: Record<CallMark, (row: CallRow) => boolean> = {
    incoming: (row) => row.direction === "incoming",
    outgoing: (row) => row.direction === "outgoing",
    missed: (row) => row.outcome === "missed",
    lost: (row) => row.lost,
    first: (row) => !app.calls.some((one) => one.numberKey === row.numberKey && one.id > row.id),
    unregistered: (row) => row.contactId === null && !row.internal,
    recorded: (row) => row.recording !== "none",
    noted: (row) => row.noted,
  };
  const within = (ms: number) => ms >= (span.fromMs ?? 0) && ms < (span.untilMs ?? Infinity);
  // Of an abonent's calls here are some of the user's, as the abonent had them.
  const theirs = app.calls.filter((_, at) => at % 2).map((row) => ({ ...row, abonent: filter.abonent }));
  const found = (filter.abonent === null ? app.calls : theirs).filter(
    (row) =>
      within(Date.parse(row.startedAt ?? "1970-01-01")) &&
      filter.marks.every((mark) => marks[mark](row)) &&
      (!query ||
        row.name?.toLocaleLowerCase().includes(query) ||
        (number !== "" && row.numberKey !== null && digits(row.numberKey).includes(number))),
  );
  return filter.oldestFirst ? found.reverse() : found;
}

/** The answer, or `undefined` for what is not of this room. */
export function calls(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "calls.list":
      return data.stretch(listed(app, args.filter, args.span), args.cursor, args.back, args.limit);
    case "calls.paper":
      return data.stretch(listed(app, args.filter, args.span), args.cursor, false, args.limit);
    case "calls.latest":
      return app.calls.slice(0, args.limit);
    case "calls.place": {
      const rows = listed(app, args.filter, args.span);
      const newer = (one: CallRow) => Date.parse(one.startedAt ?? "") >= args.at.moment;
      const row = args.at.row ?? rows.filter(newer).length;
      return { row, total: rows.length, cursor: row ? String(row) : null };
    }
    case "calls.rows":
      return listed(app, args.filter, { fromMs: null, untilMs: null }).filter((row) =>
        args.ids.includes(row.id),
      );
    case "calls.one": {
      const found = app.calls.find((one) => one.id === args.id);
      if (!found) throw missing;
      const row = { ...found, abonent: args.abonent };
      const history = app.calls.filter((one) => one.numberKey === row.numberKey && one.id !== row.id);
      return {
        row,
        written: writtenOf(app, row.id),
        legs: row.internal ? [] : data.legs(),
        history: history.slice(0, 20),
      };
    }
    case "calls.kept":
      return app.kept;
    case "calls.keep":
      app.kept = args.kept as CallsKept;
      return null;
    case "calls.save":
      return {
        path: `/home/anna/Загрузки/${String(args.name)}.csv`,
        rows: listed(app, args.filter, args.span).filter((row) => args.ids?.includes(row.id) ?? true).length,
      };
    case "calls.company":
      return app.companyCalls;
    case "calls.want_company":
      app.companyCalls = {
        ...app.companyCalls,
        wanted: args.wanted,
        whole: false,
        percent: args.wanted ? 42 : 0,
      };
      return null;
    case "calls.abonents":
      return data.abonents.slice(1).map(({ id, name }) => ({ id, name: name || id }));
    case "calls.call_back":
      return { request: "01R0000000000000000000000A" };
    default:
      return undefined;
  }
}

/** Documents: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { CallRow } from "../../src/lib/bindings/CallRow";
import type { DocumentView } from "../../src/lib/bindings/DocumentView";
import type { DocumentsFilter } from "../../src/lib/bindings/DocumentsFilter";
import * as data from "./data";
import { writtenOf } from "./notes";
import type { Failure } from "../../src/lib/bindings/Failure";

type Args = Record<string, any>;
const missing: Failure = { code: "not_found", detail: null };

export function documentOf(app: Backend, row: CallRow): DocumentView {
  return {
    id: row.documentId ?? 0,
    number: String(row.documentId).padStart(9, "0"),
    registeredAt: row.startedAt ?? data.ago(0),
    call: row,
    written: writtenOf(app, row.id),
  };
}

/** The answer, or `undefined` for what is not of this room. */
export function documents(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "document.one": {
      const row = app.calls.find((one) => one.documentId === args.id);
      if (!row) throw missing;
      return documentOf(app, row);
    }
    case "document.rows":
      return app.calls.filter((row) => args.ids.includes(row.documentId)).map((row) => documentOf(app, row));
    case "document.list": {
      const { kind, query } = args.filter as DocumentsFilter;
      const rows = app.calls
        .filter((row) => row.documentId !== null)
        .filter(
          (row) =>
            kind === "all" ||
            kind === row.direction ||
            (kind !== "incoming" && kind !== "outgoing" && app.notes.has(row.id)),
        )
        .map((row) => documentOf(app, row))
        .filter(({ call, written }) =>
          `${call.name} ${written.note} ${written.outcome}`
            .toLocaleLowerCase()
            .includes(query.toLocaleLowerCase()),
        );
      return data.paged(rows, args.cursor, args.limit);
    }
    default:
      return undefined;
  }
}

/** What can be done with several calls of the journal. */
import { app } from "../../lib/app.svelte";
import type { CallColumn } from "../../lib/bindings/CallColumn";
import type { CallRow } from "../../lib/bindings/CallRow";
import type { CallbacksPage } from "../../lib/bindings/CallbacksPage";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { ask } from "../../lib/ipc";
import { copyingNumbers, copyingTable, inParts, toFile } from "../../lib/severally";
import type { Offer } from "../../kit/offer";
import { cellOf } from "./columns";

export function callDeeds(
  rows: CallRow[],
  columns: readonly CallColumn[],
  t: Dictionary,
  deeds: Record<"tag" | "file" | "print" | "closed", () => void>,
): Offer[] {
  const waiting = rows.filter((row) => row.toCallBack);
  const offers: Offer[] = [
    copyingNumbers(() => rows.map((row) => row.number)),
    { id: "tag", word: t.common.tag, icon: "mark", keys: "N", run: deeds.tag },
    copyingTable(
      columns.map((column) => t.calls.columns[column]),
      () => rows.map((row) => columns.map((column) => cellOf(row, column, t))),
    ),
    toFile(deeds.file),
    { id: "print", word: t.calls.print, icon: "print", run: deeds.print },
  ];
  if (waiting.length)
    offers.unshift({
      id: "done",
      word: t.queue.done,
      icon: "check",
      run: () => app.attempt(() => close(waiting, t, deeds.closed)),
    });
  return offers;
}

/** Pages of the queue that are looked through for the callers of the chosen calls. */
const PAGES = 20;

/** Takes those who missed us out of the queue. */
async function close(rows: CallRow[], t: Dictionary, closed: () => void): Promise<void> {
  const calls = new Set(rows.map((row) => row.id));
  const numbers = new Set(rows.map((row) => row.numberKey).filter(Boolean));
  const ids: number[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page++) {
    const filter = { kind: "waiting", sinceMs: null } as const;
    const found: CallbacksPage = await ask("queue.list", { filter, cursor, limit: 100 });
    for (const { id, call } of found.rows)
      if (calls.has(call.id) || numbers.has(call.numberKey)) ids.push(id);
    cursor = found.next;
    if (cursor === null) break;
  }
  const { done, failure } = await inParts(ids, (ids) => ask("queue.done", { ids }));
  const undo = done.length ? () => void back(done, t) : undefined;
  const said = t.queue.saidDone(done.length);
  if (failure) return app.complain(failure, done.length ? `${said}.` : "", undo);
  closed();
  app.say(said, undo);
}

async function back(ids: number[], t: Dictionary): Promise<void> {
  const { rest, failure } = await inParts(ids, (ids) => ask("queue.undo", { ids }));
  if (failure) app.complain(failure, "", () => void back(rest, t));
  else app.say(t.queue.saidUndone);
}

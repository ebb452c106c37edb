/** The call list as loaded so far, kept fresh while calls change. */
import type { CallRow } from "./bindings/CallRow";
import type { CallsFilter } from "./bindings/CallsFilter";
import type { CallsPage } from "./bindings/CallsPage";
import type { Failure } from "./bindings/Failure";
import { daysAgo } from "./format";
import { asFailure, ask } from "./ipc";

const PAGE = 100;
/** A change may concern any loaded row; those beyond the first page are read again at most this often. */
const REST_MS = 5000;

export class CallList {
  rows = $state.raw<CallRow[] | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  complete = $state(false);
  #filter: CallsFilter = { kind: "all", query: "" };
  /** The filter that `rows` belong to. */
  #shown: CallsFilter | null = null;
  #next: string | null = null;
  #turn = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** Shows another filter; the old rows stay until the new ones are there. */
  async show(filter: CallsFilter): Promise<void> {
    this.#filter = filter;
    clearTimeout(this.#rest);
    this.#rest = undefined;
    await this.#load(() => ask("calls.list", { filter, cursor: null, limit: PAGE }), true);
  }

  /** The next page, at the end of the list. */
  async more(): Promise<void> {
    const cursor = this.#next;
    if (this.#shown !== this.#filter || cursor === null || this.busy || this.failure) return;
    await this.#load(async () => {
      const page = await ask("calls.list", { filter: this.#filter, cursor, limit: PAGE });
      return { rows: merge(this.rows ?? [], page.rows), next: page.next };
    }, true);
  }

  async retry(): Promise<void> {
    this.failure = null;
    if (this.#shown !== this.#filter || this.#next === null) await this.show(this.#filter);
    else await this.more();
  }

  /** Reads again what may have changed: the first page at once, the rest a little later. */
  async refresh(): Promise<void> {
    if (this.#shown !== this.#filter) {
      await this.show(this.#filter);
      return;
    }
    const loaded = this.rows?.length ?? 0;
    if (loaded <= PAGE) {
      await this.#load(() => ask("calls.list", { filter: this.#filter, cursor: null, limit: PAGE }), false);
      return;
    }
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      void this.#all(this.rows?.length ?? 0);
    }, REST_MS);
    const next = this.#next;
    await this.#load(async () => {
      const page = await ask("calls.list", { filter: this.#filter, cursor: null, limit: PAGE });
      return { rows: merge(page.rows, this.rows ?? []), next };
    }, false);
  }

  async #all(wanted: number): Promise<void> {
    await this.#load(async () => {
      let rows: CallRow[] = [];
      let next: string | null = null;
      do {
        const page: CallsPage = await ask("calls.list", { filter: this.#filter, cursor: next, limit: PAGE });
        rows = rows.concat(page.rows);
        next = page.next;
      } while (next !== null && rows.length < wanted);
      return { rows, next };
    }, false);
  }

  async #load(read: () => Promise<{ rows: CallRow[]; next: string | null }>, show: boolean): Promise<void> {
    const turn = ++this.#turn;
    const filter = this.#filter;
    if (show) this.busy = true;
    try {
      const { rows, next } = await read();
      if (turn !== this.#turn) return;
      this.rows = rows;
      this.#shown = filter;
      this.#next = next;
      this.complete = next === null;
      this.failure = null;
    } catch (reason) {
      if (turn !== this.#turn) return;
      // A silent refresh that fails leaves what is shown; the next change tries again.
      if (show || this.rows === null) this.failure = asFailure(reason);
    }
    this.busy = false;
  }

  stop(): void {
    this.#turn++;
    clearTimeout(this.#rest);
  }
}

/** `first`, then those of `then` that `first` does not have. */
export function merge(first: CallRow[], then: CallRow[]): CallRow[] {
  const known = new Set(first.map((row) => row.id));
  return first.concat(then.filter((row) => !known.has(row.id)));
}

export type Line = { head: string; key: string } | { row: CallRow; key: string };

/** Rows under the headers of their days; `name` gives a day its words. */
export function byDay(
  rows: CallRow[],
  now: number,
  name: (row: CallRow, ago: number | null) => string,
): Line[] {
  const lines: Line[] = [];
  let last: number | null | undefined;
  for (const row of rows) {
    const ago = daysAgo(row.startedAt, now);
    if (ago !== last) {
      lines.push({ head: name(row, ago), key: `day ${ago} ${row.id}` });
      last = ago;
    }
    lines.push({ row, key: row.id });
  }
  return lines;
}

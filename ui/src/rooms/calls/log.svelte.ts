/** What the journal is asked and how it looks: it is as one left it when one comes back. */
import { asFailure, ask } from "../../lib/ipc";
import { app } from "../../lib/app.svelte";
import type { CallMark } from "../../lib/bindings/CallMark";
import type { CallRow } from "../../lib/bindings/CallRow";
import type { CallsFilter } from "../../lib/bindings/CallsFilter";
import type { CallsKept } from "../../lib/bindings/CallsKept";
import { held } from "../../kit/held.svelte";
import { Pages } from "../../kit/pages.svelte";
import { COLUMNS, OF_ROWS } from "./columns";
import { keyOfCall } from "./days";

export const beginOf = (day: string) => new Date(`${day}T00:00`).getTime();
/** The end of a local day, which summer time makes shorter or longer. */
export function endOf(day: string): number {
  const end = new Date(`${day}T00:00`);
  return end.setDate(end.getDate() + 1);
}

class Log {
  readonly pages = new Pages<CallRow>(keyOfCall);
  marks = $state.raw<CallMark[]>([]);
  query = $state("");
  /** Whose calls, in an administrator's window; the user's own for `null`. */
  whose = $state<string | null>(null);
  days = $state.raw<{ from: string; to: string } | null>(null);
  oldestFirst = $state(false);
  active = $state<string | null>(null);
  /** What the app keeps of it. */
  kept = $state.raw<CallsKept>({ saved: [], table: false, columns: COLUMNS.slice(0, 7) });
  readonly filter = $derived<CallsFilter>({
    query: this.query.trim(),
    marks: this.marks,
    waiting: false,
    oldestFirst: this.oldestFirst,
    abonent: this.whose,
  });
  // Days are those of the local calendar.
  readonly span = $derived({
    fromMs: this.days && beginOf(this.days.from),
    untilMs: this.days && endOf(this.days.to),
  });
  /** What is shown of a call, and written into files. */
  readonly columns = $derived(this.kept.table ? this.kept.columns : OF_ROWS.slice());
  /** The filter with a name that is set, if one is. */
  readonly present = $derived(this.kept.saved.find(({ filter }) => this.#same(filter)) ?? null);

  /** It was read: what was not must not be kept anew, or it would be lost. */
  #read: Promise<unknown> = this.#readKept();

  #readKept(): Promise<void> {
    return ask("calls.kept").then((read) => void (this.kept = read));
  }

  constructor() {
    // The list shows why its storage cannot be read; a change tells it again.
    this.#read.catch(() => undefined);
  }

  #same(filter: CallsFilter): boolean {
    const told = ({ query, marks, oldestFirst }: CallsFilter) => JSON.stringify([query, marks, oldestFirst]);
    return told(filter) === told(this.filter);
  }

  async keep(change: Partial<CallsKept>): Promise<void> {
    let before = this.kept;
    try {
      await this.#read.catch(() => (this.#read = this.#readKept()));
      before = this.kept;
      this.kept = { ...before, ...change };
      await ask("calls.keep", { kept: this.kept });
    } catch (reason) {
      this.kept = before;
      app.complain(asFailure(reason));
    }
  }

  /** Sets a filter; of whom and of which days stays. */
  set({ query, marks, oldestFirst }: Pick<CallsFilter, "query" | "marks" | "oldestFirst">): void {
    [this.query, this.marks, this.oldestFirst] = [query, marks, oldestFirst];
  }
}

export const theLog = held(() => new Log());
export type { Log };

/**
 * The rows of a list that are chosen, for what is done with several at once: by Ctrl and a click, Shift and a click, Insert,
 * Shift and an arrow, Ctrl+A. `List` hears these, `Rows` shows how many they are and what can be done with them.
 */
import { SvelteMap } from "svelte/reactivity";
import { app } from "../lib/app.svelte";
import type { Failure } from "../lib/bindings/Failure";
import { asFailure } from "../lib/ipc";
import { i18n } from "../lib/i18n/index.svelte";

/** Rows that can be chosen at once: what is done with them one after another comes to an end. */
export const MOST = 1000;

/** How what was done with a row is taken back. */
export type Back = () => Promise<unknown>;

export class Chosen<T> {
  readonly #rows = new SvelteMap<string, T>();
  /** Where a range begins: the last row that was chosen by itself. */
  #from: string | null = null;
  /** How far a work over all of them is; none where nothing goes on. */
  progress = $state.raw<{ done: number; all: number } | null>(null);
  /** What is done with them at this moment. */
  #deeds = $state(0);
  #stopped = false;
  /** They are to be let go of once the work over them has ended. */
  #over = false;

  constructor(private readonly keyOf: (row: T) => string) {}

  get size(): number {
    return this.#rows.size;
  }

  /** In the order in which they were chosen. */
  get rows(): T[] {
    return [...this.#rows.values()];
  }

  has(row: T): boolean {
    return this.#rows.has(this.keyOf(row));
  }

  /** For the row that shows it. */
  pick(row: T): { chosen: boolean; choosing: boolean } {
    return { chosen: this.has(row), choosing: this.size > 0 };
  }

  toggle(row: T): void {
    const key = this.keyOf(row);
    const had = this.#rows.delete(key);
    if (!had) this.#add([row]);
    this.#from = this.#rows.size ? key : null;
  }

  /** Of the listed rows those from where a choice began to this one, and no others; `from` where none has begun. */
  reach(listed: readonly T[], to: T, from: string | null): void {
    this.#from ??= from;
    const at = (key: string | null) => listed.findIndex((row) => this.keyOf(row) === key);
    const [one, other] = [at(this.#from), at(this.keyOf(to))];
    if (one < 0) {
      // Where it began is listed no longer: what is chosen stays.
      this.#from = this.keyOf(to);
      return this.#add([to]);
    }
    this.#rows.clear();
    this.#add(listed.slice(Math.min(one, other), Math.max(one, other) + 1));
  }

  all(listed: readonly T[]): void {
    this.#add(listed);
  }

  /** Lets go of all; while a work over them goes on, once it has ended. */
  clear(): void {
    if (this.progress) this.#over = true;
    else this.leave(this.#rows.keys());
  }

  /** Lets go of these. */
  leave(keys: Iterable<string>): void {
    for (const key of [...keys]) this.#rows.delete(key);
    if (!this.#rows.size) this.#from = null;
  }

  /** Something is being done with them: nothing else is until it has ended. */
  get busy(): boolean {
    return this.#deeds > 0 || this.progress !== null;
  }

  /** Does something with them, unless something is being done already. */
  async deed(work: () => unknown): Promise<void> {
    if (this.busy) return;
    const doing = work();
    if (!(doing instanceof Promise)) return;
    this.#deeds++;
    try {
      await doing;
    } finally {
      this.#deeds--;
    }
  }

  /** The list was read again: what is known of the chosen rows is newer, and who is not in a `whole` list is gone. */
  follow(listed: readonly T[], whole: boolean): void {
    if (this.progress || !this.#rows.size) return;
    const held = new Map(listed.map((row) => [this.keyOf(row), row]));
    const gone: string[] = [];
    for (const [key, row] of this.#rows) {
      const now = held.get(key);
      if (now !== undefined && now !== row) this.#rows.set(key, now);
      else if (now === undefined && whole) gone.push(key);
    }
    if (gone.length) this.leave(gone);
  }

  /**
   * Does something with each, one after another; `work` answers how it is taken back, `true` where it is not, or nothing
   * where there was nothing to do. Then `said` tells of how many, and one press takes all of it back. Who was not come to is
   * still chosen.
   */
  async each(work: (row: T) => Promise<Back | true | null>, said: (n: number) => string): Promise<void> {
    if (this.progress || !this.size) return;
    const rows = this.rows;
    const backs: Back[] = [];
    const over: string[] = [];
    let [n, failure]: [number, Failure | null] = [0, null];
    this.#stopped = this.#over = false;
    for (const [done, row] of rows.entries()) {
      this.progress = { done, all: rows.length };
      try {
        const back = await work(row);
        if (back) n++;
        if (back && back !== true) backs.push(back);
      } catch (reason) {
        const why = asFailure(reason);
        // There is nothing left to do it with.
        if (why.code !== "not_found") failure = why;
      }
      if (failure) break;
      over.push(this.keyOf(row));
      if (this.#stopped) break;
    }
    this.progress = null;
    if (this.#over) this.clear();
    else this.leave(over);
    const undo = backs.length ? () => void takeBack(backs) : undefined;
    if (!failure) app.say(said(n), undo);
    else app.complain(failure, n ? i18n.t.common.partly(said(n), rows.length) : "", undo);
  }

  /** Ends that after the row of which it is now. */
  stop(): void {
    this.#stopped = true;
  }

  #add(rows: readonly T[]): void {
    for (const row of rows) {
      if (this.#rows.size >= MOST) return;
      this.#rows.set(this.keyOf(row), row);
    }
  }
}

/** The last first: what was done is taken back the other way round. What failed can be tried again. */
async function takeBack(backs: readonly Back[]): Promise<void> {
  const rest: Back[] = [];
  let failure: Failure | null = null;
  for (const back of backs.toReversed()) {
    try {
      await back();
    } catch (reason) {
      const why = asFailure(reason);
      if (why.code === "not_found") continue;
      failure ??= why;
      rest.unshift(back);
    }
  }
  const { takenBack } = i18n.t.common;
  if (!failure) return app.say(takenBack);
  const done = backs.length - rest.length;
  app.complain(failure, done ? `${takenBack}: ${done}/${backs.length}.` : "", () => void takeBack(rest));
}

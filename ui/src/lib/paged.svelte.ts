/** A list read page by page: only the answer to the newest question counts. */
import type { Failure } from "./bindings/Failure";
import { asFailure } from "./ipc";

export type Page<T> = { rows: T[]; cursor: string | null };

export class Paged<T> {
  rows = $state.raw<T[] | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  complete = $state(false);
  #read: ((cursor: string | null) => Promise<Page<T>>) | null = null;
  #cursor: string | null = null;
  #turn = 0;

  /** Asks another question; the old rows stay until the new ones are there. */
  async show(read: (cursor: string | null) => Promise<Page<T>>): Promise<void> {
    this.#read = read;
    await this.#load(null, []);
  }

  /** Reads the first page again. */
  async refresh(): Promise<void> {
    if (this.#read) await this.#load(null, []);
  }

  /** The next page, at the end of the list. */
  async more(): Promise<void> {
    if (this.busy || this.failure || this.complete || this.#cursor === null) return;
    await this.#load(this.#cursor, this.rows ?? []);
  }

  async retry(): Promise<void> {
    const begun = this.rows !== null && this.#cursor !== null;
    this.failure = null;
    if (begun) await this.more();
    else await this.refresh();
  }

  async #load(cursor: string | null, before: T[]): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      let at = cursor;
      let page: Page<T>;
      // A search looks at so many rows a page: one may be empty with more to come. The old rows stay until there is
      // something to show.
      for (;;) {
        page = await (this.#read as (cursor: string | null) => Promise<Page<T>>)(at);
        if (turn !== this.#turn) return;
        // A page that gives the same cursor again would never end.
        this.complete = page.cursor === null || page.cursor === at;
        at = page.cursor;
        if (page.rows.length || this.complete) break;
      }
      this.rows = before.concat(page.rows);
      this.#cursor = at;
      this.failure = null;
    } catch (reason) {
      if (turn !== this.#turn) return;
      this.failure = asFailure(reason);
      if (cursor === null) {
        this.rows = null;
        this.#cursor = null;
      }
    }
    this.busy = false;
  }
}

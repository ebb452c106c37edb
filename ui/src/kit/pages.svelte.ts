/**
 * A list read page by page. However far one reads, only so many pages are held: those left behind are let go and read
 * again by their own cursors when one comes back. Only the answers to the newest question count.
 */
import type { Failure } from "../lib/bindings/Failure";
import { asFailure, askAgain } from "../lib/ipc";

export type Page<T> = { rows: T[]; next: string | null };
/** Reads the page at a cursor, `null` for the first; `back` the one that ends there, whose own cursor is its `next`. */
export type Reader<T> = (cursor: string | null, back?: boolean) => Promise<Page<T>>;
/** A place in the list: how many rows are above it, how many there are in all, and the cursor of a page from there. */
export type Place = { row: number; total: number; cursor: string | null };
/** Finds the place of what is sought, or of a row counted from the top. */
export type Placer<M> = (at: M | { row: number }) => Promise<Place>;
/** What is sought where a list is in the order of time: milliseconds since 1970. */
export type Moment = { moment: number };

/**
 * One page as it was read: `rows` is `null` once it was let go, `size` is how many it had. With `unread` so many rows
 * that no page has told of: only the first and the last chunk can be such a gap.
 */
type Chunk<T> = {
  cursor: string | null;
  next: string | null;
  rows: T[] | null;
  size: number;
  unread?: true;
};
const gap = (size: number) => ({ cursor: null, next: null, rows: null, size, unread: true }) as const;
/** Nearer than this many rows a gap is read on from its edge; further off its place is looked for. */
const NEAR = 150;

/** Where a list has its rows from, and what of them is not held. */
export interface Source<T, M = Moment> {
  readonly rows: T[] | null;
  readonly before: number;
  readonly after: number;
  readonly failure: Failure | null;
  readonly complete: boolean;
  need(row: number): Promise<void>;
  more(): Promise<void>;
  seek(at: M): Promise<boolean>;
  retry(): Promise<void>;
}

/** The same of a list that is read whole. */
export const whole = <T>(
  read: { readonly value: unknown; readonly failure: Failure | null },
  rows: () => T[],
  retry: () => Promise<void>,
): Source<T> => ({
  get rows() {
    return read.value === null ? null : rows();
  },
  get failure() {
    return read.failure;
  },
  before: 0,
  after: 0,
  complete: true,
  need: async () => undefined,
  more: async () => undefined,
  seek: async () => false,
  retry,
});

/** Pages held at once. */
export const HELD = 20;
/** A change may concern any held row; those beyond the first page are read again at most this often, milliseconds. */
const REST_MS = 5000;

export class Pages<T, M = Moment> implements Source<T, M> {
  /** The held rows, without a gap; `null` before the first answer. */
  rows = $state.raw<T[] | null>(null);
  /** How many rows were let go above and below the held ones. */
  before = $state(0);
  after = $state(0);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  /** The end of the list has been read. */
  complete = $state(false);
  #chunks: Chunk<T>[] = [];
  #read: Reader<T> | null = null;
  #placer: Placer<M> | null = null;
  #retry: () => Promise<void> = async () => undefined;
  #turn = 0;
  #question: string | null = null;
  #chain: Promise<void> = Promise.resolve();
  #fresh = false;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly idOf: (row: T) => string,
    /** A page that is no window over its rows holds them all. */
    private readonly held = HELD,
  ) {}

  /**
   * Asks another question; the old rows stay until the new ones are there. Of the same `question` as before, where one is
   * told, the rows are shown as they were left, and read again.
   */
  async show(
    read: Reader<T>,
    placer: Placer<M> | null = null,
    question: string | null = null,
  ): Promise<void> {
    this.stop();
    const same = question !== null && question === this.#question && this.rows !== null && !this.failure;
    this.#question = question;
    if (same) {
      [this.#read, this.#placer, this.#fresh, this.#chain] = [read, placer, false, Promise.resolve()];
      return this.refresh();
    }
    this.#read = read;
    this.#placer = placer;
    this.#fresh = false;
    this.#chain = Promise.resolve();
    this.#retry = () => this.show(read, placer, question);
    await this.#run(true, async () => {
      const page = await this.#page(null);
      return () => (this.#chunks = [page]);
    });
    // Rows of another question would be a wrong answer to this one.
    if (this.failure && this.#read === read) [this.#chunks, this.rows] = [[], null];
  }

  /** Goes to a place: the rows from there are held, those above it are read when they are looked at. */
  async seek(at: M): Promise<boolean> {
    if (!this.#placer || !this.#read) return false;
    this.#retry = async () => void (await this.seek(at));
    await this.#run(true, () => this.#jump(at));
    return this.failure === null;
  }

  async #jump(at: M | { row: number }): Promise<() => void> {
    const place = await (this.#placer as Placer<M>)(at);
    const page = await this.#page(place.cursor);
    const below = page.next === null ? 0 : Math.max(0, place.total - place.row - page.size);
    return () => {
      this.#chunks = [place.row ? [gap(place.row)] : [], [page], below ? [gap(below)] : []].flat();
    };
  }

  /** The next page, at the end of what is held. */
  async more(): Promise<void> {
    const [, end] = this.#range();
    const last = this.#chunks[end - 1];
    if (this.busy || this.failure || !last || (end === this.#chunks.length && last.next === null)) return;
    this.#retry = () => this.more();
    await this.#run(true, () => this.#down());
  }

  /** The page below what is held: one that was let go, or one that was never read. */
  async #down(): Promise<() => void> {
    const [, end] = this.#range();
    const known = this.#chunks[end];
    const cursor = known && !known.unread ? known.cursor : (this.#chunks[end - 1]?.next ?? null);
    if (cursor === null) return () => undefined;
    const page = await this.#page(cursor);
    return () => {
      const rest = known?.unread && page.next !== null ? Math.max(0, known.size - page.size) : 0;
      this.#chunks.splice(end, 1, page, ...(rest ? [gap(rest)] : []));
      const [begin, now] = this.#range();
      if (now - begin > this.held) this.#letGo(begin);
    };
  }

  /** The page above what is held, where nothing was read yet. */
  async #up(): Promise<() => void> {
    const cursor = this.#chunks[1]?.cursor ?? null;
    let { rows, next } = await (this.#read as Reader<T>)(cursor, true);
    // As in `#page`: so many rows were looked at, and there are more above.
    for (let turn = this.#turn; !rows.length && next !== null && turn === this.#turn;) {
      const page = await (this.#read as Reader<T>)(next, true);
      [rows, next] = [page.rows, page.next === next ? null : page.next];
    }
    return () => {
      const [top] = this.#chunks;
      const rest = next === null ? 0 : Math.max(1, (top?.size ?? 0) - rows.length);
      const page = { cursor: next, next: cursor, rows, size: rows.length };
      this.#chunks.splice(0, 1, ...(rest ? [gap(rest)] : []), ...(rows.length ? [page] : []));
      const [low, high] = this.#range();
      if (high - low > this.held) this.#letGo(high - 1);
    };
  }

  /** Makes sure that the row at this place from the top of all rows is held, if it can be found. */
  async need(row: number): Promise<void> {
    const at = this.#chunkAt(row);
    const [begin, end] = this.#range();
    if (this.busy || this.failure || at < 0 || (at >= begin && at < end)) return;
    this.#retry = () => this.need(row);
    const top = this.#chunks.slice(0, at).reduce((sum, one) => sum + one.size, 0);
    const one = this.#chunks[at];
    const above = one?.unread && at === 0 && begin === 1 && top + one.size - row < NEAR;
    const below = one?.unread && at === end && row - top < NEAR;
    await this.#run(true, () => {
      if (above) return this.#up();
      if (below) return this.#down();
      return one?.unread ? this.#jump({ row: Math.max(0, row - NEAR / 3) }) : this.#back(at);
    });
  }

  /** A page that was let go. */
  async #back(at: number): Promise<() => void> {
    const page = await this.#reaching(at);
    return () => {
      const [first, last] = this.#range();
      // What lies beside the held pages joins them; a jump begins anew.
      const beside = at === first - 1 || at === last;
      for (let i = first; i < last; i++) if (!beside) this.#letGo(i);
      this.#chunks[at] = page;
      const [low, high] = this.#range();
      if (high - low > this.held) this.#letGo(at === low ? high - 1 : low);
    };
  }

  /** Reads again, silently, what may have changed: the first page at once, the others a little later. */
  refresh(): Promise<void> {
    return this.#again(true);
  }

  /** New rows have come in above: reads the first page again, silently, where it is held. */
  top(): Promise<void> {
    return this.#again(false);
  }

  async #again(all: boolean): Promise<void> {
    if (!this.#read) return;
    const [low, high] = this.#range();
    if (all && high - low > 1) this.#later();
    // One that waits already will read what this one would.
    if (this.#fresh) return this.#chain;
    this.#fresh = true;
    await this.#run(false, async () => {
      this.#fresh = false;
      const [begin, end] = this.#range();
      if (begin > 0 || end === 0) return () => undefined;
      const page = await this.#page(null);
      return () => {
        const [first, ...below] = this.#chunks;
        if (!first || end === 1) {
          // What is below is as long as it was; it is read from this page on.
          const rest = page.next === null ? 0 : below.reduce((sum, one) => sum + one.size, 0);
          this.#chunks = [page, ...(rest ? [gap(rest)] : [])];
          return;
        }
        // The rows that new ones pushed down are in no other page: they stay in the first.
        const others = new Set(below.flatMap((one) => one.rows ?? []).map((row) => this.idOf(row)));
        const pushed = merge(page.rows ?? [], first.rows ?? [], this.idOf);
        const rows = pushed.filter((row) => !others.has(this.idOf(row)));
        this.#set(page.rows ?? []);
        this.#chunks[0] = { ...first, rows, size: rows.length };
      };
    });
  }

  /** Reads held rows again, silently, in their places; those that are not given back are no longer of the list. */
  async replace(ids: string[], read: (ids: string[]) => Promise<T[]>): Promise<void> {
    if (!ids.length) return;
    await this.#run(false, async () => {
      const rows = await read(ids);
      const gone = new Set(ids);
      for (const row of rows) gone.delete(this.idOf(row));
      return () => {
        this.#set(rows);
        if (gone.size) this.#drop(gone);
      };
    });
  }

  async retry(): Promise<void> {
    this.failure = null;
    await this.#retry();
  }

  /** Forgets what is on its way. */
  stop(): void {
    this.#turn++;
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.busy = false;
  }

  #later(): void {
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      void this.#run(false, () => this.#held());
    }, REST_MS);
  }

  /** Reads all held pages again; what was below them is found anew from there. */
  async #held(): Promise<() => void> {
    const [begin, end] = this.#range();
    const held = this.#chunks.slice(begin, end).reduce((sum, one) => sum + one.size, 0);
    const fresh: Chunk<T>[] = [];
    let cursor = this.#chunks[begin]?.cursor ?? null;
    for (let read = 0; read < held && fresh.length < this.held;) {
      const page = await this.#page(cursor);
      fresh.push(page);
      read += page.size;
      cursor = page.next;
      if (cursor === null) break;
    }
    return () => {
      if (!fresh.length) return;
      const last = this.#chunks.at(-1);
      const below = last?.unread && cursor !== null ? [last] : [];
      this.#chunks.splice(begin, Infinity, ...fresh, ...below);
    };
  }

  /** One thing after another, so that a silent reading never drops a page under way. */
  #run(shown: boolean, job: () => Promise<() => unknown>): Promise<void> {
    const turn = this.#turn;
    if (shown) this.busy = true;
    this.#chain = this.#chain.then(async () => {
      if (turn !== this.#turn) return;
      try {
        const apply = await askAgain(job, () => turn === this.#turn);
        if (turn !== this.#turn) return;
        apply();
        this.failure = null;
        this.#publish();
      } catch (reason) {
        if (turn !== this.#turn) return;
        // A silent reading that fails leaves what is shown; the next change tries again.
        if (shown || this.rows === null) this.failure = asFailure(reason);
      }
      if (shown) this.busy = false;
    });
    return this.#chain;
  }

  async #page(cursor: string | null): Promise<Chunk<T>> {
    let at = cursor;
    const turn = this.#turn;
    // A search looks at so many rows a page: one may be empty with more to come.
    for (;;) {
      const { rows, next } = await (this.#read as Reader<T>)(at);
      // Nobody waits for it any more: its next question would end one that somebody waits for.
      if (turn !== this.#turn) return { cursor, next: null, rows, size: rows.length };
      // A page that gives the same cursor again would never end.
      const end = next === null || next === at;
      if (rows.length || end) return { cursor, next: end ? null : next, rows, size: rows.length };
      at = next;
    }
  }

  /** The page at this place; where rows have come in above, with all down to the first of the page below it. */
  async #reaching(at: number): Promise<Chunk<T>> {
    const below = this.#chunks[at + 1];
    const page = await this.#page(this.#chunks[at]?.cursor ?? null);
    if (!below?.rows || page.next === below.cursor) return page;
    const known = new Set(below.rows.map((row) => this.idOf(row)));
    const rows = [...(page.rows ?? [])];
    let next = page.next;
    for (let more = 0; more < HELD && next !== null; more++) {
      if (rows.some((row) => known.has(this.idOf(row)))) break;
      const further = await this.#page(next);
      rows.push(...(further.rows ?? []));
      next = further.next;
    }
    const own = rows.filter((row) => !known.has(this.idOf(row)));
    return { cursor: page.cursor, next: below.cursor, rows: own, size: own.length };
  }

  /** The held chunks, half open. */
  #range(): [number, number] {
    const begin = this.#chunks.findIndex((one) => one.rows);
    if (begin < 0) return [0, 0];
    const end = this.#chunks.findIndex((one, i) => i > begin && !one.rows);
    return [begin, end < 0 ? this.#chunks.length : end];
  }

  #chunkAt(row: number): number {
    let sum = 0;
    return this.#chunks.findIndex((one) => (sum += one.size) > row);
  }

  #letGo(index: number): void {
    const one = this.#chunks[index];
    if (one) this.#chunks[index] = { ...one, rows: null };
  }

  #set(rows: T[]): void {
    const newer = new Map(rows.map((row) => [this.idOf(row), row]));
    this.#chunks = this.#chunks.map((one) => ({
      ...one,
      rows: one.rows?.map((row) => newer.get(this.idOf(row)) ?? row) ?? null,
    }));
  }

  #drop(gone: Set<string>): void {
    this.#chunks = this.#chunks.map((one) => {
      const rows = one.rows?.filter((row) => !gone.has(this.idOf(row))) ?? null;
      return rows ? { ...one, rows, size: rows.length } : one;
    });
  }

  #publish(): void {
    const [begin, end] = this.#range();
    const sizes = (from: number, to: number) =>
      this.#chunks.slice(from, to).reduce((sum, one) => sum + one.size, 0);
    this.rows = this.#chunks.slice(begin, end).flatMap((one) => one.rows ?? []);
    this.before = sizes(0, begin);
    this.after = sizes(end, this.#chunks.length);
    this.complete = end === this.#chunks.length && this.#chunks.at(-1)?.next === null;
  }
}

/** `first`, then those of `then` that `first` does not have. */
export function merge<T>(first: T[], then: T[], idOf: (row: T) => string): T[] {
  const known = new Set(first.map(idOf));
  return first.concat(then.filter((row) => !known.has(idOf(row))));
}

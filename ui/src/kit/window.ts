/** The visible part of a long list whose lines have known heights. */

/** The heights of a row and of a header among rows, as the tokens `--row` and `--row-head` have them, in pixels. */
export const ROW = 48;
export const ROW_HEAD = 32;

/** Where each line begins; the last entry is the height of all. */
export function offsetsOf(heights: number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1);
  for (let i = 0; i < heights.length; i++) offsets[i + 1] = (offsets[i] ?? 0) + (heights[i] ?? 0);
  return offsets;
}

/** The last line that begins at or before `y`. */
export function lineAt(offsets: Float64Array, y: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** Half-open range of the lines between `top` and `top + height`, with a margin on either side. */
export function visible(
  offsets: Float64Array,
  top: number,
  height: number,
  margin: number,
): [number, number] {
  const count = offsets.length - 1;
  if (count === 0) return [0, 0];
  return [
    lineAt(offsets, Math.max(0, top - margin)),
    Math.min(count, lineAt(offsets, top + height + margin) + 1),
  ];
}

/** Web views end a page at some 33 million pixels; a longer list is drawn on a page of this height. */
export const TALLEST = 16_000_000;

/** Where one is in a list that may be taller than a page can be. All in pixels. */
export class Track {
  /** What is at the upper edge, in the list. */
  top = 0;
  /** The scroll position that shows it. */
  at = 0;

  /** The height of the page for a list of this height. */
  static page = (total: number) => Math.min(total, TALLEST);

  /** The bar was moved: little steps move the list as far, long ones go to the same part of it. */
  moved(at: number, view: number, total: number): void {
    const [span, room] = [Track.page(total) - view, total - view];
    const step = at - this.at;
    if (total <= TALLEST) this.top = at;
    else if (at > 0 && at < span && Math.abs(step) < 2 * view)
      this.top = Math.min(room, Math.max(0, this.top + step));
    else this.top = (Math.min(at, span) / span) * room;
    this.at = at;
  }

  /** Goes to a place in the list; answers where the bar belongs. */
  go(top: number, view: number, total: number): number {
    const room = Math.max(0, total - view);
    this.top = Math.min(room, Math.max(0, top));
    this.at = total <= TALLEST ? this.top : (this.top / room) * (TALLEST - view);
    return this.at;
  }
}

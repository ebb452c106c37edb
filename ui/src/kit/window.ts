/** The visible part of a long list whose lines have known heights. */

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

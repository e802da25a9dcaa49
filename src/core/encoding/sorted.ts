/** Search in what is sorted. */

/** How many items at the front a condition holds for: none behind one that fails meets it. O(log n). */
export function countLeading<T>(sorted: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

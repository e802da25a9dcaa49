/**
 * Memory through which native code is given its arguments. V8 keeps small arrays in its own heap, and moves
 * each out of it when native code asks where it is: that took 5 us an array, an eighth of a verification.
 */

/** Copies what it is given to one place outside of V8's heap. The result is good until the next call. */
type Lend = (bytes: Uint8Array) => Uint8Array;

/** @param sizes that may come, largest 255 */
export function lender(...sizes: readonly number[]): Lend {
  // More than V8 takes into its heap.
  const memory = new Uint8Array(256);
  const views = new Map(sizes.map((size) => [size, memory.subarray(0, size)]));
  return (bytes) => {
    const view = views.get(bytes.length);
    if (view === undefined) return bytes;
    view.set(bytes);
    return view;
  };
}

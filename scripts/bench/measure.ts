/** Timing for benchmark modules: warm up, then repeat. */

/** Runs per second of `run`, which does `work` units of work, once for each repetition. */
export function measureRate(repeat: number, work: number, run: () => void): number[] {
  run();
  return Array.from({ length: repeat }, () => {
    const started = performance.now();
    run();
    return (work * 1000) / (performance.now() - started);
  });
}

export async function measureRateAsync(
  repeat: number,
  work: number,
  run: () => Promise<unknown>,
): Promise<number[]> {
  await run();
  const rates: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const started = performance.now();
    await run();
    rates.push((work * 1000) / (performance.now() - started));
  }
  return rates;
}

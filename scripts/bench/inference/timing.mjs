import { performance } from 'node:perf_hooks';

/** Value below which a share of the sorted samples lies (nearest rank). */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

export function median(values) {
  return percentile(
    [...values].sort((left, right) => left - right),
    0.5,
  );
}

/**
 * p50 and p99 of single calls in microseconds. Rows rotate: the same row again would be predicted by the processor's
 * branch predictor and make trees look twice as fast. A synchronous engine is not awaited: a turn of the microtask queue
 * is part of what an asynchronous one costs.
 */
export async function timeCalls({ score }, rows, calls) {
  const samples = new Float64Array(calls);
  for (let call = 0; call < calls; call += 1) {
    const row = rows[call % rows.length];
    const start = performance.now();
    const answer = score(row);
    if (typeof answer !== 'number') await answer;
    samples[call] = (performance.now() - start) * 1000;
  }
  samples.sort();
  return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
}

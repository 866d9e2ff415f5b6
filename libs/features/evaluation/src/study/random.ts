/** Seeded uniform numbers in [0, 1). */
export type Random = () => number;

/** mulberry32 (Tommy Ettinger, 2017): ample for simulations of some thousand bars. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Standard normal: Box and Muller, 1958. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Variance of a bar of a Student t market with mean 1: normals times its root are t, scaled to variance 1. */
export function studentVariance(random: Random, degrees: number): number {
  let chiSquare = 0;
  for (let each = 0; each < degrees; each += 1) chiSquare += normal(random) ** 2;
  return (degrees - 2) / chiSquare;
}

export function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

/** So many different numbers from 0 to `count` − 1, rising: Floyd's sampling (Bentley and Floyd, 1987). */
export function sample(random: Random, count: number, size: number): number[] {
  const chosen = new Set<number>();
  for (let last = count - size; last < count; last += 1) {
    const candidate = below(random, last + 1);
    chosen.add(chosen.has(candidate) ? last : candidate);
  }
  return [...chosen].sort((a, b) => a - b);
}

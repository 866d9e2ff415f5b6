const SIGNIFICANT_DIGITS = 6;
const HASH_DIGITS = 16;

const UNITS = [
  { seconds: 365.25 * 86_400, name: 'y' },
  { seconds: 86_400, name: 'd' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
] as const;

/** Six significant digits: enough to compare losses by eye; `--json` has them all. */
export function shortNumber(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
}

/** `2020-04-17` for midnight UTC, else `2020-04-17 21:00:00Z`. */
export function shortTime(instant: string | null | undefined): string | undefined {
  if (instant === null || instant === undefined) return undefined;
  const text = new Date(instant).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 19)}Z`;
}

/** `45 s`, `12.0 min`, `3.5 h`, `6.6 y`. */
export function shortDuration(seconds: number): string {
  const unit = UNITS.find((candidate) => Math.abs(seconds) >= candidate.seconds);
  return unit === undefined ? `${Math.round(seconds)} s` : `${(seconds / unit.seconds).toFixed(1)} ${unit.name}`;
}

export function shortHash(hash: string): string {
  return hash.slice(0, HASH_DIGITS);
}

export function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

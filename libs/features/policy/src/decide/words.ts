const DIGITS = 4;

/** `1 bar`, `63 bars`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Four significant digits: enough to compare by eye; the context has them all. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

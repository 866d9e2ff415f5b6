/** Where a value lies on an axis, in units of the drawing, and the values that get a label. */
export interface Scale {
  at(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

const YEAR_STEPS = [1, 2, 5, 10, 20, 50];
const MONTH_STEPS = [1, 2, 3, 6];

/** Time from `from` to `to`, with years as labels, or months where there are few years. */
export function timeScale(from: number, to: number, range: readonly [number, number], most = 9): Scale {
  const at = linear(from, to > from ? to : from + 1, range);
  const [first, last] = [new Date(from), new Date(to)];
  const months = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
  const years = YEAR_STEPS.find((step) => months / 12 / step <= most) ?? 100;
  const step = months < 24 ? (MONTH_STEPS.find((each) => months / each <= most) ?? 6) : 12 * years;
  const ticks = [];
  for (let month = 0; ; month += step) {
    const year = first.getUTCFullYear() - (step >= 12 ? first.getUTCFullYear() % years : 0);
    const value = Date.UTC(year, month, 1);
    if (value > to) return { at, ticks };
    const text = new Date(value).toISOString();
    if (value >= from) ticks.push({ value, label: step >= 12 ? text.slice(0, 4) : text.slice(0, 7) });
  }
}

/** A linear axis around these values, with round labels. */
export function linearScale(low: number, high: number, range: readonly [number, number], most = 6): Scale {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const step = roundUp(span / most);
  const first = Math.floor(low / step) * step;
  const count = Math.max(1, Math.ceil((Math.max(high, low + span) - first) / step - 1e-9));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    const value = first + index * step;
    return { value, label: (Math.abs(value) < step / 1e6 ? 0 : value).toFixed(digits) };
  });
  return { at: linear(first, first + count * step, range), ticks };
}

/** A logarithmic axis around these positive values. */
export function logScale(low: number, high: number, range: readonly [number, number]): Scale {
  const ratio = high / low > 1.05 ? high / low : 1.05;
  const [bottom, top] = [low / ratio ** 0.04, high * ratio ** 0.04];
  const project = linear(Math.log(bottom), Math.log(top), range);
  const steps =
    ratio > 8 ? [1, 2, 5] : ratio > 2 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : [1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 3, 5, 7, 8, 9];
  const ticks = [];
  for (let power = Math.floor(Math.log10(bottom)); power <= Math.ceil(Math.log10(top)); power += 1) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= bottom && value <= top) ticks.push({ value, label: String(Number(value.toPrecision(3))) });
    }
  }
  return { at: (value) => project(Math.log(value)), ticks };
}

function linear(from: number, to: number, [start, end]: readonly [number, number]): (value: number) => number {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= value * (1 - 1e-9))!;
  return step * power;
}

import { escapeHtml } from './escape.js';
import { linearScale, logScale, timeScale, type Scale } from './scale.js';

/** A point: epoch milliseconds and value. */
export type Point = readonly [at: number, value: number];

export interface Line {
  readonly name: string;
  /** Class of the style sheet that gives it its colour. */
  readonly style: string;
  readonly points: readonly Point[];
}

/** A lane under a plot: something that happened at instants, or lasted. */
export interface Lane {
  readonly name: string;
  readonly style: string;
  readonly marks: readonly { readonly from: number; readonly to?: number; readonly title: string }[];
}

export interface LinePlot {
  readonly title: string;
  readonly yTitle: string;
  readonly span: readonly [from: number, to: number];
  readonly lines: readonly Line[];
  readonly isLog?: boolean;
  /** A value that means something of its own: drawn as a line across. */
  readonly reference?: number;
  readonly lanes?: readonly Lane[];
}

const WIDTH = 960;
const LEFT = 76;
const RIGHT = 24;
const TOP = 28;
const HEIGHT = 300;
const LANE = 16;
/** Most points of a line: more than the drawing has room for. */
const MOST_POINTS = 1200;

/** Lines over time, with what happened in lanes below. */
export function linePlot(plot: LinePlot): string {
  const lanes = plot.lanes ?? [];
  const x = timeScale(...plot.span, [LEFT, WIDTH - RIGHT]);
  const y = valueScale(plot);
  const below = TOP + HEIGHT + 34;
  const total = below + (lanes.length === 0 ? 0 : lanes.length * LANE + 8);
  return svg(total, plot.title, [
    axes(x, y, plot.yTitle),
    ...(plot.reference === undefined ? [] : [acrossAt(y.at(plot.reference), 'zero')]),
    ...plot.lines.map(({ points, style }) => polyline(points, x, y, style)),
    ...lanes.map((lane, index) => laneAt(lane, x, below + index * LANE)),
  ]);
}

function valueScale({ lines, reference, isLog = false }: LinePlot): Scale {
  const range = [TOP + HEIGHT, TOP] as const;
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  if (reference !== undefined) values.push(reference);
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (!(high >= low)) return linearScale(0, 1, range);
  return isLog ? logScale(low, high, range) : linearScale(low, high, range);
}

/** Lanes alone: what lasted from when to when. */
export function lanePlot(title: string, span: readonly [number, number], lanes: readonly Lane[]): string {
  const left = 210;
  const x = timeScale(...span, [left, WIDTH - RIGHT]);
  const bottom = 10 + lanes.length * (LANE + 6);
  const grid = x.ticks.map(({ value, label }) => {
    const at = round(x.at(value));
    return `<line class="grid" x1="${at}" x2="${at}" y1="4" y2="${bottom}"/><text class="tick mid" x="${at}" y="${bottom + 16}">${label}</text>`;
  });
  return svg(bottom + 24, title, [
    ...grid,
    ...lanes.map((lane, index) => laneAt(lane, x, 6 + index * (LANE + 6), left)),
  ]);
}

export interface SmallPlot {
  readonly title: string;
  readonly span: readonly [number, number];
  readonly points: readonly Point[];
  /** Values above are drawn at it. */
  readonly ceiling: number;
}

/** A small plot of a value against its limit of 1; what lies above the limit is drawn strongly. */
export function smallPlot({ title, span, points, ceiling }: SmallPlot): string {
  const [width, height, left] = [306, 112, 26];
  const x = timeScale(...span, [left, width - 18], 4);
  const y = linearScale(0, ceiling, [height - 20, 18], 3);
  const clipped = points.map(([at, value]): Point => [at, Math.min(value, ceiling)]);
  const ticks = y.ticks.map(
    ({ value, label }) => `<text class="tick end" x="${left - 4}" y="${round(y.at(value) + 3)}">${label}</text>`,
  );
  const years = x.ticks.map(
    ({ value, label }) => `<text class="tick mid" x="${round(x.at(value))}" y="${height - 6}">${label}</text>`,
  );
  const limit = round(y.at(1));
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" class="small"><title>${escapeHtml(title)}</title>`,
    `<text class="name" x="${left}" y="12">${escapeHtml(title)}</text>`,
    ...ticks,
    ...years,
    polyline(clipped, x, y, 'policy'),
    `<line class="limit" x1="${left}" x2="${width - 18}" y1="${limit}" y2="${limit}"/>`,
    '</svg>',
  ].join('');
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img"><title>${escapeHtml(title)}</title>${parts.join('')}</svg>`;
}

function axes(x: Scale, y: Scale, yTitle: string): string {
  const across = y.ticks.map(
    ({ value, label }) =>
      `${acrossAt(y.at(value), 'grid')}<text class="tick end" x="${LEFT - 8}" y="${round(y.at(value) + 4)}">${label}</text>`,
  );
  const down = x.ticks.map(({ value, label }) => {
    const at = round(x.at(value));
    return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP + HEIGHT}" y2="${TOP + HEIGHT + 5}"/><text class="tick mid" x="${at}" y="${TOP + HEIGHT + 18}">${label}</text>`;
  });
  return `${across.join('')}${down.join('')}<text class="axis" x="4" y="14">${escapeHtml(yTitle)}</text>`;
}

function acrossAt(y: number, style: string): string {
  return `<line class="${style}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y)}" y2="${round(y)}"/>`;
}

function polyline(points: readonly Point[], x: Scale, y: Scale, style: string): string {
  const step = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const drawn = points.filter((_, index) => index % step === 0 || index === points.length - 1);
  return `<polyline class="line ${style}" points="${drawn.map(([at, value]) => `${round(x.at(at))},${round(y.at(value))}`).join(' ')}"/>`;
}

function laneAt({ name, style, marks }: Lane, x: Scale, top: number, left = LEFT): string {
  const boxes = marks.map(({ from, to = from, title }) => {
    const start = round(x.at(from));
    const width = Math.max(2, round(x.at(to) - start));
    return `<rect class="${style}" x="${start}" y="${top + 1}" width="${width}" height="${LANE - 4}"><title>${escapeHtml(title)}</title></rect>`;
  });
  const middle = top + LANE / 2;
  return [
    `<text class="tick end" x="${left - 8}" y="${middle + 3}">${escapeHtml(name)}</text>`,
    `<line class="grid" x1="${left}" x2="${WIDTH - RIGHT}" y1="${middle}" y2="${middle}"/>`,
    ...boxes,
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

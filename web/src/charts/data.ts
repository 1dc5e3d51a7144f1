/** From the rows of a query to series: which field is x, which are y, what splits into colours. Pure, no ECharts in here. */
import type { Kind, Value } from '../dashboard/expression';
import { compareNullable } from '../dashboard/query';
import type { Result } from '../dashboard/query';
import { list, object, readColor, text } from '../dashboard/model';
import type { Json } from '../dashboard/model';
import { isDayColumn } from '../dashboard/display';
import { DAY } from '../lib/time';

export class EncodingError extends Error {}

export interface Axis {
  field: string;
  title: string | null;
  encoding: Json;
  kind: Kind;
  at: number;
}

export type Scale = 'temporal' | 'quantitative' | 'categorical';

export interface Series {
  name: string;
  color: string | null;
  points: [Value, number | null][]; // x, y
}

export interface ChartData {
  x: Axis;
  xScale: Scale;
  daily: boolean;
  categories: Value[]; // of a categorical x, in order
  y: Axis[];
  series: Series[];
  horizontal: boolean;
}

export function position(result: Result, field: string): number {
  let at = result.names.indexOf(field);
  if (at < 0) at = result.names.findIndex((n) => n.toLowerCase() === field.toLowerCase());
  if (at < 0) throw new EncodingError(`the widget shows field "${field}", which its query does not give`);
  return at;
}

/** The fields of an encoding: {fieldName} or {fields: [...]}. */
export function axes(encoding: unknown, result: Result): Axis[] {
  const e = object(encoding);
  const fields = Array.isArray(e['fields']) ? e['fields'].map(object) : 'fieldName' in e ? [e] : [];
  return fields.map((f) => {
    const field = text(f['fieldName']) ?? '';
    const at = position(result, field);
    const merged = { ...e, ...f };
    return { field, at, kind: result.kinds[at] ?? 'unknown', encoding: merged, title: axisTitle(f) };
  });
}

export function axisTitle(e: Json): string | null {
  return text(object(e['axis'])['title']) ?? text(e['displayName']);
}

export function scaleOf(axis: Axis): Scale {
  const type = text(object(axis.encoding['scale'])['type']);
  if (type === 'temporal') return axis.kind === 'string' || axis.kind === 'number' ? 'categorical' : 'temporal';
  if (type === 'categorical' || type === 'quantitative') return type === 'quantitative' && axis.kind !== 'number' ? 'categorical' : type;
  if (axis.kind === 'timestamp' || axis.kind === 'date') return 'temporal';
  return axis.kind === 'number' ? 'quantitative' : 'categorical';
}

export function numberOf(v: Value): number | null {
  if (v === null || v === '') return null;
  const n = typeof v === 'number' ? v : Number(v);
  return Number.isFinite(n) ? n : null;
}

/** Colours that the file gives to values. */
export function colorMappings(encoding: unknown, palette: readonly string[] = []): Map<string, string> {
  const found = new Map<string, string>();
  for (const m of list(object(object(encoding)['scale'])['mappings']).map(object)) {
    const color = readColor(m['color'], palette);
    if (color) found.set(String(m['value']), color);
  }
  return found;
}

function sortOf(e: Json): string {
  const sort = object(e['scale'])['sort'];
  return typeof sort === 'string' ? sort : (text(object(sort)['by']) ?? '');
}

/** The bucket after `t` when all times stand on one grid: equal distances, or months; null: they stand on none. */
function grid(times: readonly number[]): ((t: number) => number) | null {
  const distances = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const step = Math.min(...distances);
  if (distances.length < 2 || !(step >= 1000)) return null;
  if (distances.every((d) => d % step === 0)) return (t) => t + step;
  const nextMonth = (t: number): number => Date.UTC(new Date(t).getUTCFullYear(), new Date(t).getUTCMonth() + 1);
  return times.every((t) => t % DAY === 0 && new Date(t).getUTCDate() === 1) ? nextMonth : null;
}

/**
 * Points of lines over time with a hole where buckets are missing: there are no data, and a line would invent some. The grid is that of
 * all lines together, so that a sparse one is not taken for one of larger buckets. Times on no grid are joined.
 */
export function withHoles(series: readonly Series[]): Series[] {
  const at = (p: [Value, number | null]): number => Date.parse(String(p[0]));
  const times = [...new Set(series.flatMap((s) => s.points.map(at)))].filter((t) => !Number.isNaN(t)).sort((a, b) => a - b);
  const next = grid(times);
  if (!next) return [...series];
  return series.map((s) => {
    const points: Series['points'] = [];
    s.points.forEach((p, i) => {
      const before = s.points[i - 1];
      const expected = before ? next(at(before)) : NaN;
      if (expected < at(p)) points.push([new Date(expected).toISOString(), null]);
      points.push(p);
    });
    return { ...s, points };
  });
}

/** Data of line, bar, area, scatter and histogram. */
export function chartData(encodings: Json, result: Result, type: string, palette: readonly string[] = []): ChartData {
  let xs = axes(encodings['x'], result);
  let ys = axes(encodings['y'], result);
  const first = xs[0];
  if (!first || (!ys.length && type !== 'histogram')) throw new EncodingError('the widget has no x or no y');
  // Bars lie when the numbers are on x and the names on y.
  const horizontal = type === 'bar' && xs.every((x) => scaleOf(x) === 'quantitative') && ys.length === 1 && !!ys[0] && scaleOf(ys[0]) !== 'quantitative';
  if (horizontal) [xs, ys] = [ys, xs];
  const x = xs[0] as Axis;
  if (type === 'histogram' && !ys.length) return ownBins(x, result);
  const xScale = scaleOf(x);
  const values = result.rows.map((r) => r[x.at] ?? null);
  const data: ChartData = {
    x,
    xScale,
    daily: xScale === 'temporal' && isDayColumn(x.kind, values),
    categories: [],
    y: ys,
    series: makeSeries(encodings, result, x, ys, palette),
    horizontal,
  };
  if (xScale === 'categorical') data.categories = orderCategories(x, data.series, values, horizontal);
  else for (const s of data.series) s.points.sort((a, b) => compareNullable(a[0], b[0]));
  return data;
}

/** Every series at every x, so that stacks stand on each other: what has no row is `missing` (0 under a line, nothing in a bar). */
export function aligned(series: readonly Series[], missing: number | null): Series[] {
  const xs = [...new Map(series.flatMap((s) => s.points.map((p) => [String(p[0]), p[0]] as const))).values()].sort(compareNullable);
  return series.map((s) => {
    const own = new Map(s.points.map((p) => [String(p[0]), p[1]]));
    return { ...s, points: xs.map((x) => [x, own.has(String(x)) ? (own.get(String(x)) ?? null) : missing]) };
  });
}

function makeSeries(encodings: Json, result: Result, x: Axis, ys: Axis[], palette: readonly string[]): Series[] {
  const color = object(encodings['color']);
  const colorField = text(color['fieldName']);
  const at = colorField === null ? -1 : position(result, colorField);
  const mapped = colorMappings(color, palette);
  const found = new Map<string, Series>();
  for (const r of result.rows) {
    for (const y of ys) {
      const parts = [];
      if (at >= 0) parts.push(r[at] === null || r[at] === undefined ? '(none)' : String(r[at]));
      if (ys.length > 1 || at < 0) parts.push(y.title ?? y.field);
      const name = parts.join(' · ');
      let s = found.get(name);
      if (!s) found.set(name, (s = { name, color: mapped.get(name) ?? null, points: [] }));
      s.points.push([r[x.at] ?? null, numberOf(r[y.at] ?? null)]);
    }
  }
  const series = [...found.values()];
  if (at < 0) return series;
  // The order of the file's colours, then of the names: the same at every reload.
  const order = [...mapped.keys()];
  const rank = (s: Series): number => (order.includes(s.name) ? order.indexOf(s.name) : order.length);
  return series.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** The file says "by x" or "by y" as the axes stand on the screen: of horizontal bars, x is the length. */
function orderCategories(x: Axis, series: Series[], values: Value[], horizontal: boolean): Value[] {
  const distinct = [...new Map(values.map((v) => [String(v), v])).values()];
  const by = horizontal ? sortOf(x.encoding).replace(/^[xy]/, (axis) => (axis === 'x' ? 'y' : 'x')) : sortOf(x.encoding);
  const totals = new Map<string, number>();
  for (const s of series) for (const [v, y] of s.points) totals.set(String(v), (totals.get(String(v)) ?? 0) + (y ?? 0));
  const total = (v: Value): number => totals.get(String(v)) ?? 0;
  const natural = (a: Value, b: Value): number => compareNullable(a, b);
  if (by === 'y' || by === 'ascending-y') return distinct.sort((a, b) => total(a) - total(b) || natural(a, b));
  if (by === 'y-reversed' || by === 'descending-y') return distinct.sort((a, b) => total(b) - total(a) || natural(a, b));
  if (by === 'x' || by === 'ascending') return distinct.sort(natural);
  if (by === 'x-reversed' || by === 'descending') return distinct.sort((a, b) => natural(b, a));
  return by === 'natural-order-reversed' ? distinct.reverse() : distinct;
}

/** A histogram that names only its numbers: about the square root of their count in bins of equal width. */
function ownBins(x: Axis, result: Result): ChartData {
  const numbers = result.rows.map((r) => numberOf(r[x.at] ?? null)).filter((n) => n !== null);
  const min = Math.min(...numbers);
  const max = Math.max(...numbers);
  const bins = Math.max(1, Math.min(40, Math.ceil(Math.sqrt(numbers.length))));
  const width = niceWidth((max - min) / bins);
  const counts = new Map<number, number>();
  for (const n of numbers) {
    const bin = Math.floor(n / width);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  const first = numbers.length ? Math.floor(min / width) : 0;
  const last = numbers.length ? Math.floor(max / width) : -1;
  const categories: Value[] = [];
  const points: [Value, number | null][] = [];
  for (let bin = first; bin <= last; bin++) {
    const start = Number((bin * width).toPrecision(12));
    categories.push(start);
    points.push([start, counts.get(bin) ?? 0]);
  }
  const y: Axis = { field: 'count', title: 'Count', encoding: {}, kind: 'number', at: -1 };
  return { x, xScale: 'categorical', daily: false, categories, y: [y], series: [{ name: 'Count', color: null, points }], horizontal: false };
}

export function niceWidth(raw: number): number {
  if (!(raw > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((s) => s * power >= raw * 0.999) ?? 10;
  return step * power;
}

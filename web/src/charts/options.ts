/** ECharts options of a widget: line, area, bar, combo, histogram, scatter, pie, heatmap, sankey. */
import { encodingFormat, isDayColumn, showValue } from '../dashboard/display';
import type { Value } from '../dashboard/expression';
import { list, object, readColor, text } from '../dashboard/model';
import type { Widget } from '../dashboard/model';
import type { Result } from '../dashboard/query';
import { formatNumber } from '../lib/format';
import type { NumberFormat } from '../lib/format';
import { DAY, HOUR, formatInstant, formatUtcDay } from '../lib/time';
import { EncodingError, aligned, axes, chartData, colorMappings, niceWidth, numberOf, position, scaleOf, withHoles } from './data';
import type { Axis, ChartData, Series } from './data';
import { CHART_FONT } from './theme';
import type { ChartColors } from './theme';
import { tooltipBox } from './tooltip';

export type Option = Record<string, unknown>;

export const CHART_TYPES = new Set(['line', 'area', 'bar', 'combo', 'histogram', 'scatter', 'pie', 'heatmap', 'sankey']);

/** `width`: of the box in pixels, for labels that share it with their bars. */
export function chartOption(w: Widget, result: Result, colors: ChartColors, width: number): Option {
  if (w.type === 'pie') return pie(w, result, colors);
  if (w.type === 'heatmap') return heatmap(w, result, colors);
  if (w.type === 'sankey') return sankey(w, result, colors);
  if (w.type === 'combo') return combo(w, result, colors, width);
  const data = chartData(w.encodings, result, w.type, colors.series);
  return cartesian(w, data, colors, width);
}

const base = (colors: ChartColors): Option => ({
  animation: false,
  textStyle: { fontFamily: CHART_FONT, color: colors.text },
  color: colors.series,
});

const TOOLTIP = { confine: true, borderWidth: 0, padding: 0, backgroundColor: 'transparent', extraCssText: 'box-shadow:none', transitionDuration: 0 };

/** Short number for an axis: four characters rather than ten. */
function axisNumber(n: number, format: NumberFormat | null): string {
  if (format?.type === 'bytes' || format?.type === 'percent') return formatNumber(n, { ...format, places: { kind: 'max', count: 1 } });
  const { places: _, ...rest } = format ?? { type: 'plain' as const };
  return formatNumber(n, Math.abs(n) >= 10_000 ? { ...rest, compact: true } : { ...rest, places: { kind: 'max', count: 3 } });
}

/** Distance of the lines of an axis where the usual one would be odd: fixed ends, and sizes in powers of two. */
function lineDistance(min: unknown, max: unknown, highest: number, format: NumberFormat | null): number | undefined {
  if (typeof min === 'number' && typeof max === 'number' && max > min) return (max - min) / 4;
  if (format?.type !== 'bytes' || format.decimalBytes || !(highest > 0)) return undefined;
  const unit = 1024 ** Math.floor(Math.log2(highest) / 10);
  return Math.max(1, niceWidth(highest / unit / 4) * unit);
}

function valueAxis(axis: Axis, format: NumberFormat | null, colors: ChartColors, highest: number): Option {
  const domain = object(object(axis.encoding['scale'])['domain']);
  const interval = lineDistance(domain['min'], domain['max'], highest, format);
  const top = interval && format?.type === 'bytes' ? Math.ceil(highest / interval) * interval : undefined;
  const settings = object(axis.encoding['axis']);
  const bound = (v: unknown): unknown => (typeof v === 'number' ? v : undefined);
  return {
    type: 'value',
    min: bound(domain['min']),
    max: bound(domain['max']) ?? top,
    splitNumber: 4,
    interval,
    minInterval: format?.places?.count === 0 && format.type === 'plain' ? 1 : undefined,
    axisLabel: { show: settings['hideLabels'] !== true, color: colors.muted, fontSize: 11, hideOverlap: true, formatter: (n: number) => axisNumber(n, format) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colors.grid, width: 1 } },
  };
}

const TIME_LABELS = {
  year: '{yyyy}', month: '{MMM} {yyyy}', day: '{d} {MMM}', hour: '{HH}:{mm}', minute: '{HH}:{mm}', second: '{HH}:{mm}:{ss}', millisecond: '{HH}:{mm}:{ss}', none: '{HH}:{mm}',
};

function timeSpan(data: ChartData): number {
  const times = data.series.flatMap((s) => s.points.map((p) => Date.parse(String(p[0])))).filter((t) => !Number.isNaN(t));
  return times.length ? Math.max(...times) - Math.min(...times) : 0;
}

function xAxis(data: ChartData, format: NumberFormat | null, colors: ChartColors, bars: boolean, width: number): Option {
  const label = { color: colors.muted, fontSize: 11, hideOverlap: true };
  const line = { axisLine: { lineStyle: { color: colors.line } }, axisTick: { show: false }, splitLine: { show: false } };
  if (data.xScale === 'temporal') {
    const span = timeSpan(data);
    return {
      type: 'time', ...line, boundaryGap: bars ? ['2%', '2%'] : [0, 0],
      minInterval: data.daily ? DAY : span > 2 * DAY ? HOUR : undefined,
      axisLabel: { ...label, formatter: TIME_LABELS },
    };
  }
  if (data.xScale === 'quantitative') return { type: 'value', ...line, scale: true, axisLabel: { ...label, formatter: (n: number) => axisNumber(n, format) } };
  return {
    type: 'category', ...line,
    data: data.categories.map((v) => showValue(v, data.x.kind, format, true)),
    inverse: data.horizontal,
    axisLabel: { ...label, width: data.horizontal ? Math.max(90, Math.min(340, Math.round(width * 0.42))) : undefined, overflow: 'truncate', interval: data.horizontal ? 0 : 'auto' },
  };
}

function legend(names: string[], colors: ChartColors, encoding: unknown): Option | undefined {
  const settings = object(object(encoding)['legend']);
  if (names.length < 2 || settings['hide'] === true) return undefined;
  return {
    type: 'scroll', top: 2, left: 0, padding: 0, itemWidth: 10, itemHeight: 10, itemGap: 14, icon: 'roundRect', pageIconSize: 10,
    pageTextStyle: { color: colors.muted }, pageIconColor: colors.muted, pageIconInactiveColor: colors.grid,
    textStyle: { color: colors.muted, fontSize: 12 }, data: names,
  };
}

function highest(series: readonly Series[], stacked: boolean): number {
  if (!stacked) return Math.max(0, ...series.flatMap((s) => s.points.map((p) => p[1] ?? 0)));
  const totals = new Map<string, number>();
  for (const s of series) for (const [x, y] of s.points) totals.set(String(x), (totals.get(String(x)) ?? 0) + (y ?? 0));
  return Math.max(0, ...totals.values());
}

function layoutOf(w: Widget): string {
  return text(object(w.spec['mark'])['layout']) ?? '';
}

function point(data: ChartData, p: [Value, number | null]): unknown {
  if (data.xScale === 'temporal') return [Date.parse(String(p[0])), p[1]];
  if (data.xScale === 'quantitative') return [numberOf(p[0]), p[1]];
  const at = data.categories.findIndex((c) => String(c) === String(p[0]));
  return data.horizontal ? [p[1], at] : [at, p[1]];
}

function xLabel(data: ChartData, format: NumberFormat | null, v: unknown): string {
  if (data.xScale === 'temporal') return data.daily ? formatUtcDay(Number(v)) : formatInstant(Number(v));
  if (data.xScale === 'quantitative') return formatNumber(Number(v), format);
  return showValue(data.categories[Number(v)] ?? null, data.x.kind, format, true);
}

/** A point without neighbours has no line: it gets a mark. */
function linePoints(data: ChartData, s: Series): unknown[] {
  return s.points.map((p, i) => {
    const alone = p[1] !== null && (s.points[i - 1]?.[1] ?? null) === null && (s.points[i + 1]?.[1] ?? null) === null;
    return alone ? { value: point(data, p), symbol: 'circle', symbolSize: 5 } : point(data, p);
  });
}

function lineOf(w: Widget, s: Series, color: string, stacked: boolean): Option {
  const area = w.type === 'area';
  return {
    type: 'line', showSymbol: true, showAllSymbol: true, symbol: s.points.length < 3 ? 'circle' : 'none', symbolSize: 5, lineStyle: { width: 1.75 },
    areaStyle: area ? { opacity: stacked ? 0.55 : 0.16 } : undefined,
    emphasis: { disabled: true }, connectNulls: false, color,
  };
}

function cartesian(w: Widget, data: ChartData, colors: ChartColors, width: number): Option {
  const bars = w.type === 'bar' || w.type === 'histogram';
  const y = data.y[0] as Axis;
  const format = encodingFormat(y.encoding, w.spec);
  const xFormat = encodingFormat(data.x.encoding, {});
  const layout = layoutOf(w);
  const stacked = layout !== 'group' && layout !== 'layer' && (bars || w.type === 'area');
  const own = list(object(w.spec['mark'])['colors']).map((c) => readColor(c, colors.series));
  const colorAt = (s: Series, i: number): string => s.color ?? own[i] ?? colors.series[i % colors.series.length] ?? colors.accent;
  const sizes = w.type === 'scatter' ? scatterSizes(w) : undefined;
  const labels = object(w.encodings['label'])['show'] === true;
  const stack = stacked && data.series.length > 1;
  const joined = data.xScale === 'temporal' && (w.type === 'line' || w.type === 'area');
  const stood = stack && data.xScale !== 'categorical' ? aligned(data.series, bars ? null : 0) : data.series;
  const shown = joined ? withHoles(stood) : stood;
  const series = shown.map((s, i) => ({
    name: s.name,
    data: joined ? linePoints(data, s) : s.points.map((p) => point(data, p)),
    stack: stack ? 'all' : undefined,
    ...(bars
      ? { type: 'bar', color: colorAt(s, i), barMaxWidth: data.horizontal ? 18 : 28, barMinHeight: 1, barCategoryGap: w.type === 'histogram' ? '6%' : '28%', emphasis: { disabled: true } }
      : w.type === 'scatter'
        ? { type: 'scatter', color: colorAt(s, i), symbolSize: sizes ?? 7, itemStyle: { opacity: 0.75 } }
        : lineOf(w, s, colorAt(s, i), stack)),
    label: labels
      ? { show: true, position: stack ? 'inside' : data.horizontal ? 'right' : 'top', fontSize: 11, color: colors.text, formatter: (p: { value: unknown[] }) => formatNumber(Number(p.value[data.horizontal ? 0 : 1]), format) }
      : undefined,
  }));
  const shownLegend = legend(data.series.map((s) => s.name), colors, w.encodings['color']);
  const category = xAxis(data, xFormat, colors, bars, width);
  const value = valueAxis(y, format, colors, highest(shown, stack));
  return {
    ...base(colors),
    useUTC: data.daily,
    grid: { left: 4, right: 12, top: shownLegend ? 34 : 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: shownLegend,
    xAxis: data.horizontal ? value : category,
    yAxis: data.horizontal ? category : value,
    dataZoom: data.xScale === 'temporal' ? [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: 'shift', filterMode: 'none' }] : undefined,
    tooltip: { ...TOOLTIP, ...axisTooltip(w, data, format, xFormat) },
    series,
  };
}

interface TooltipPoint {
  seriesName: string;
  color: string;
  value: unknown[];
  data: unknown[];
}

function axisTooltip(w: Widget, data: ChartData, format: NumberFormat | null, xFormat: NumberFormat | null): Option {
  const y = data.horizontal ? 0 : 1;
  const x = data.horizontal ? 1 : 0;
  if (w.type === 'scatter') {
    return {
      trigger: 'item',
      formatter: (p: TooltipPoint) => tooltipBox(p.seriesName, [
        { label: data.x.title ?? data.x.field, value: xLabel(data, xFormat, p.value[0]), color: null },
        { label: data.y[0]?.title ?? data.y[0]?.field ?? '', value: formatNumber(Number(p.value[1]), format), color: p.color },
      ]),
    };
  }
  return {
    trigger: 'axis',
    axisPointer: { type: w.type === 'bar' || w.type === 'histogram' ? 'shadow' : 'line', shadowStyle: { opacity: 0.12 } },
    formatter: (points: TooltipPoint[]) => {
      const rows = points.filter((p) => p.value[y] !== null && p.value[y] !== undefined);
      const title = points[0] ? xLabel(data, xFormat, points[0].value[x]) : '';
      return tooltipBox(title, rows.map((p) => ({ label: p.seriesName, value: formatNumber(Number(p.value[y]), format), color: p.color })));
    },
  };
}

function scatterSizes(w: Widget): number | undefined {
  return 'size' in w.encodings ? 9 : undefined;
}

/** Bars on the left axis, lines on the right one. */
function combo(w: Widget, result: Result, colors: ChartColors, width: number): Option {
  const y = object(w.encodings['y']);
  const primary = 'primary' in y ? object(y['primary']) : y;
  const secondary = 'secondary' in y ? object(y['secondary']) : object(w.encodings['y2']);
  const shared = object(w.encodings['x']);
  const left = chartData({ x: shared, y: primary, color: w.encodings['color'] }, result, 'bar', colors.series);
  const lines = axes(secondary, result);
  const option = cartesian({ ...w, type: 'bar', encodings: { ...w.encodings, y: primary } }, left, colors, width);
  if (!lines.length) return option;
  const right = chartData({ x: shared, y: secondary }, result, 'line');
  const axis = lines[0] as Axis;
  const format = encodingFormat(axis.encoding, w.spec);
  const offset = left.series.length;
  const names = [...left.series, ...right.series].map((s) => s.name);
  const drawn = { ...right, categories: left.categories, horizontal: false };
  const lineSeries = (right.xScale === 'temporal' ? withHoles(right.series) : right.series).map((s, i) => {
    const points = linePoints(drawn, s);
    return { ...lineOf({ ...w, type: 'line' }, s, colors.series[(offset + i) % colors.series.length] ?? colors.accent, false), name: s.name, data: points, yAxisIndex: 1 };
  });
  return {
    ...option,
    legend: legend(names, colors, null),
    grid: { ...(option['grid'] as Option), top: 34 },
    yAxis: [option['yAxis'], { ...valueAxis(axis, format, colors, highest(right.series, false)), position: 'right', splitLine: { show: false } }],
    series: [...(option['series'] as unknown[]), ...lineSeries],
  };
}

function pie(w: Widget, result: Result, colors: ChartColors): Option {
  const angle = axes(w.encodings['angle'], result)[0];
  const color = axes(w.encodings['color'], result)[0];
  if (!angle || !color) throw new EncodingError('the pie has no angle or no color');
  const format = encodingFormat(angle.encoding, w.spec);
  const mapped = colorMappings(w.encodings['color'], colors.series);
  const items = result.rows
    .map((r) => ({ name: showValue(r[color.at] ?? null, color.kind, null, isDayColumn(color.kind, [r[color.at] ?? null])), value: numberOf(r[angle.at] ?? null) ?? 0 }))
    .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
    .map((i) => ({ ...i, itemStyle: mapped.has(i.name) ? { color: mapped.get(i.name) } : undefined }));
  const total = items.reduce((sum, i) => sum + i.value, 0);
  return {
    ...base(colors),
    legend: { type: 'scroll', orient: 'vertical', right: 0, top: 'middle', itemWidth: 10, itemHeight: 10, icon: 'roundRect', textStyle: { color: colors.muted, fontSize: 12, width: 150, overflow: 'truncate' } },
    tooltip: {
      ...TOOLTIP, trigger: 'item',
      formatter: (p: { name: string; value: number; color: string }) => tooltipBox(p.name, [
        { label: angle.title ?? angle.field, value: formatNumber(p.value, format), color: p.color },
        { label: 'Share', value: total ? formatNumber(p.value / total, { type: 'percent', places: { kind: 'exact', count: 1 } }) : '–', color: null },
      ]),
    },
    series: [{
      type: 'pie', radius: ['52%', '82%'], center: ['34%', '50%'], data: items, minShowLabelAngle: 12, emphasis: { scale: false },
      itemStyle: { borderColor: colors.surface, borderWidth: 1.5 },
      label: { show: object(w.encodings['label'])['show'] === true, position: 'inside', color: '#fff', fontSize: 11, formatter: '{d}%' },
    }],
  };
}

function heatmap(w: Widget, result: Result, colors: ChartColors): Option {
  const x = axes(w.encodings['x'], result)[0];
  const y = axes(w.encodings['y'], result)[0];
  const color = axes(w.encodings['color'], result)[0];
  if (!x || !y || !color) throw new EncodingError('the heatmap needs x, y and color');
  const format = encodingFormat(color.encoding, w.spec);
  const names = (a: Axis): string[] => {
    const values = result.rows.map((r) => r[a.at] ?? null);
    const daily = isDayColumn(a.kind, values);
    const distinct = [...new Set(values)];
    if (scaleOf(a) !== 'categorical') distinct.sort((p, q) => (String(p) < String(q) ? -1 : 1));
    return distinct.map((v) => showValue(v, a.kind, null, daily));
  };
  const xs = names(x);
  const ys = names(y);
  const xDaily = isDayColumn(x.kind, result.rows.map((r) => r[x.at] ?? null));
  const yDaily = isDayColumn(y.kind, result.rows.map((r) => r[y.at] ?? null));
  const cells = result.rows.map((r) => [
    xs.indexOf(showValue(r[x.at] ?? null, x.kind, null, xDaily)),
    ys.indexOf(showValue(r[y.at] ?? null, y.kind, null, yDaily)),
    numberOf(r[color.at] ?? null),
  ]).filter((c) => c[2] !== null);
  const numbers = cells.map((c) => c[2] as number);
  const label = { color: colors.muted, fontSize: 11, hideOverlap: true };
  const line = { axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
  return {
    ...base(colors),
    grid: { left: 4, right: 12, top: 6, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: { type: 'category', data: xs, ...line, axisLabel: label },
    yAxis: { type: 'category', data: ys, inverse: true, ...line, axisLabel: { ...label, width: 150, overflow: 'truncate' } },
    visualMap: { show: false, min: Math.min(0, ...numbers), max: Math.max(1e-9, ...numbers), inRange: { color: colors.ramp } },
    tooltip: {
      ...TOOLTIP, trigger: 'item',
      formatter: (p: { value: [number, number, number]; color: string }) => tooltipBox(`${xs[p.value[0]] ?? ''} · ${ys[p.value[1]] ?? ''}`, [
        { label: color.title ?? color.field, value: formatNumber(p.value[2], format), color: p.color },
      ]),
    },
    series: [{ type: 'heatmap', data: cells, itemStyle: { borderColor: colors.surface, borderWidth: 1 }, emphasis: { disabled: true } }],
  };
}

function sankey(w: Widget, result: Result, colors: ChartColors): Option {
  const stages = list(w.encodings['stages']).map((s) => position(result, text(object(s)['fieldName']) ?? ''));
  const valueField = text(object(w.encodings['value'])['fieldName']);
  if (stages.length < 2 || !valueField) throw new EncodingError('the Sankey needs two stages and a value');
  const at = position(result, valueField);
  const format = encodingFormat(w.encodings['value'], w.spec);
  const links = new Map<string, { source: string; target: string; value: number }>();
  const nodes = new Map<string, { name: string; depth: number }>();
  for (const r of result.rows) {
    const value = numberOf(r[at] ?? null);
    if (value === null) continue;
    // A name that stands in two stages is two nodes: flows never run in a circle.
    const names = stages.map((s, depth) => ({ name: `${depth}\u0000${String(r[s] ?? '(none)')}`, depth }));
    names.forEach((n) => nodes.set(n.name, n));
    for (let i = 0; i + 1 < names.length; i++) {
      const source = names[i]?.name ?? '';
      const target = names[i + 1]?.name ?? '';
      const key = `${source}\u0001${target}`;
      const link = links.get(key);
      if (link) link.value += value;
      else links.set(key, { source, target, value });
    }
  }
  const plain = (name: string): string => name.split('\u0000')[1] ?? name;
  return {
    ...base(colors),
    tooltip: {
      ...TOOLTIP, trigger: 'item',
      formatter: (p: { dataType: string; name: string; value: number; data: { source: string; target: string }; color: string }) =>
        tooltipBox(p.dataType === 'edge' ? `${plain(p.data.source)} → ${plain(p.data.target)}` : plain(p.name), [{ label: valueField, value: formatNumber(p.value, format), color: null }]),
    },
    series: [{
      type: 'sankey', data: [...nodes.values()], links: [...links.values()], left: 4, right: 140, top: 8, bottom: 8, nodeWidth: 10, nodeGap: 10, draggable: false,
      label: { color: colors.text, fontSize: 11, width: 130, overflow: 'truncate', formatter: (p: { name: string }) => plain(p.name) },
      lineStyle: { color: 'source', opacity: 0.25 }, emphasis: { disabled: true },
    }],
  };
}

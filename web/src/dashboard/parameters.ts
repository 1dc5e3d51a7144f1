/**
 * What the filters of a dashboard mean: parameters of datasets (bound by the server as :keyword) and conditions on rows.
 * A filter's selection is kept under its widget's name; null means that nothing is chosen.
 */
import { resolveTime } from '../lib/time';
import type { Dashboard, Dataset, Parameter, Placed, Selection, Widget } from './model';
import { isFilter, object, text } from './model';
import type { RowFilter } from './query';

export type Selections = Readonly<Record<string, Selection | null>>;

export interface Binding {
  dataset: string;
  keyword: string | null; // a parameter ...
  expression: string | null; // ... or a field of the dataset
  fieldName: string | null;
  label: string | null;
}

/** The datasets that a filter widget acts on. */
export function bindings(w: Widget): Binding[] {
  const raw = w.encodings['fields'];
  const fields = Array.isArray(raw) ? raw : raw ? [raw] : [];
  return fields.map(object).flatMap((f): Binding[] => {
    const queryName = text(f['queryName']);
    const query = w.queries.find((q) => q.name === queryName) ?? (queryName === null ? w.queries[0] : undefined);
    if (!query) return [];
    const fieldName = text(f['fieldName']);
    const expression = query.fields.find((q) => q.name === fieldName)?.expression ?? null;
    const keyword = text(f['parameterName']) ?? null;
    return [{ dataset: query.dataset, keyword, expression: keyword ? null : expression, fieldName, label: text(f['displayName']) }];
  });
}

export function filterTitle(w: Widget): string {
  return w.title ?? bindings(w).find((b) => b.label)?.label ?? bindings(w)[0]?.keyword ?? bindings(w)[0]?.fieldName ?? 'Filter';
}

/** What a filter shows before anybody touched it: its own default, else that of the parameter that it binds. */
export function initialSelection(w: Widget, dashboard: Dashboard): Selection | null {
  if (w.initial) return w.initial;
  for (const b of bindings(w)) {
    const p = dashboard.datasets.get(b.dataset)?.parameters.find((q) => q.keyword === b.keyword);
    if (p?.initial) return p.initial;
  }
  return null;
}

/** The filters that act on a page: the global ones and its own. */
export function filtersOf(dashboard: Dashboard, pageWidgets: readonly Placed[]): Widget[] {
  return [...dashboard.globalFilters, ...pageWidgets].map((p) => p.widget).filter(isFilter);
}

export function selectionOf(w: Widget, selections: Selections, dashboard: Dashboard): Selection | null {
  return w.name in selections ? (selections[w.name] ?? null) : initialSelection(w, dashboard);
}

export const EARLIEST = '0001-01-01T00:00:00.000Z';
export const LATEST = '9999-12-31T23:59:59.000Z';

export type ParameterValue = string | number | boolean | null | { values: string[] } | { min: string; max: string };

function boundText(bound: string | null, dataType: string, now: number, end: boolean): string {
  const ms = bound === null ? null : resolveTime(bound, now, end);
  const instant = ms === null ? (end ? LATEST : EARLIEST) : new Date(ms).toISOString();
  if (dataType !== 'DATE') return instant;
  if (ms === null) return instant.slice(0, 10);
  const d = new Date(ms); // the reader's day
  return `${String(d.getFullYear()).padStart(4, '0')}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
}

function parameterValue(p: Parameter, s: Selection | null, now: number): ParameterValue {
  if (p.complexType === 'RANGE') {
    const range = s?.kind === 'range' ? s : { min: null, max: null };
    return { min: boundText(range.min, p.dataType, now, false), max: boundText(range.max, p.dataType, now, true) };
  }
  if (p.complexType === 'MULTI') return { values: s?.kind === 'values' ? s.values : [] };
  const first = s?.kind === 'values' ? (s.values[0] ?? null) : s?.kind === 'range' ? s.min : null;
  if (first === null) return null;
  if (p.dataType.startsWith('DATE')) return boundText(first, p.dataType, now, false);
  return first;
}

/** Values of all parameters of a dataset: what its filters chose, else the default of the file. */
export function parameterValues(
  dataset: Dataset,
  filters: readonly Widget[],
  selections: Selections,
  dashboard: Dashboard,
  now: number,
): Record<string, ParameterValue> {
  const values: Record<string, ParameterValue> = {};
  for (const p of dataset.parameters) {
    const w = filters.find((f) => bindings(f).some((b) => b.dataset === dataset.name && b.keyword === p.keyword));
    const chosen = w ? selectionOf(w, selections, dashboard) : p.initial;
    values[p.keyword] = parameterValue(p, chosen ?? p.initial, now);
  }
  return values;
}

const QUOTED = /'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|::|:([A-Za-z_]\w*)(?:\.(min|max)\b)?/g;

function literal(value: unknown, dataType: string): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const quoted = `'${String(value).replace(/[\\']/g, '\\$&')}'`;
  if (dataType === 'DATE') return `DATE ${quoted}`;
  if (dataType.startsWith('DATETIME') || dataType === 'TIMESTAMP') return `TIMESTAMP ${quoted}`;
  return /^(INTEGER|DECIMAL|NUMBER|DOUBLE)$/.test(dataType) && /^-?\d+(\.\d+)?$/.test(String(value)) ? String(value) : quoted;
}

/** The query of a dataset with its parameters written out, for the SQL page. Texts and comments are left as they are. */
export function inlineParameters(dataset: Dataset, values: Readonly<Record<string, ParameterValue>>): string {
  return dataset.sql.replace(QUOTED, (whole, keyword: string | undefined, bound: 'min' | 'max' | undefined) => {
    const p = keyword === undefined ? undefined : dataset.parameters.find((q) => q.keyword === keyword);
    if (!p || !(p.keyword in values)) return whole;
    const v = values[p.keyword];
    if (typeof v !== 'object' || v === null) return literal(v, p.dataType) + (bound ? `.${bound}` : '');
    if ('values' in v) return `array(${v.values.map((x) => literal(x, p.dataType)).join(', ')})`;
    return bound ? literal(v[bound], p.dataType) : whole;
  });
}

/** Conditions on the rows of a dataset by filters that name one of its fields. `except` is the filter whose choices are asked for. */
export function rowFilters(
  dataset: string,
  filters: readonly Widget[],
  selections: Selections,
  dashboard: Dashboard,
  now: number,
  except?: Widget,
): RowFilter[] {
  const found: RowFilter[] = [];
  for (const w of filters) {
    if (w === except) continue;
    const s = selectionOf(w, selections, dashboard);
    if (!s) continue;
    for (const b of bindings(w)) {
      if (b.dataset !== dataset || !b.expression) continue;
      const accepts = condition(s, now);
      if (accepts) found.push({ expression: b.expression, accepts });
    }
  }
  return found;
}

function condition(s: Selection, now: number): RowFilter['accepts'] | null {
  if (s.kind === 'values') {
    if (!s.values.length) return null;
    const chosen = new Set(s.values);
    return (v) => v !== null && chosen.has(String(v));
  }
  const min = s.min === null ? null : resolveTime(s.min, now, false);
  const max = s.max === null ? null : resolveTime(s.max, now, true);
  if (min === null && max === null) return null;
  return (v) => {
    if (v === null) return false;
    const day = /^\d{4}-\d\d-\d\d$/.test(String(v));
    const ms = Date.parse(String(v));
    if (Number.isNaN(ms)) return false;
    const low = min === null ? -Infinity : day ? dayStart(min) : min;
    return ms >= low && ms <= (max ?? Infinity);
  };
}

/** Midnight UTC of the reader's day: dates have no zone. */
function dayStart(ms: number): number {
  const d = new Date(ms);
  return Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
}

export interface Preset {
  label: string;
  min: string | null;
  max: string | null;
  span: number; // milliseconds
}

const DAY = 86_400_000;
export const PRESETS: readonly Preset[] = [
  { label: 'Last 24 hours', min: 'now-24h', max: 'now', span: DAY },
  { label: 'Last 7 days', min: 'now-7d', max: 'now', span: 7 * DAY },
  { label: 'Last 30 days', min: 'now-30d', max: 'now', span: 30 * DAY },
  { label: 'Last 90 days', min: 'now-90d', max: 'now', span: 90 * DAY },
  { label: 'All data', min: null, max: null, span: Infinity },
];

/**
 * The range that a dashboard opens with: that of the file when it holds the newest data, else the shortest preset that does.
 * So old logs show something, and a live warehouse opens on what its dashboard says.
 */
export function openingRange(initial: Selection | null, newest: number | null, now: number): Selection | null {
  if (newest === null) return null;
  if (initial?.kind === 'range') {
    const min = initial.min === null ? -Infinity : resolveTime(initial.min, now, false);
    if (min !== null && newest >= min) return null;
  }
  const fitting = PRESETS.find((p) => newest >= now - p.span) ?? PRESETS[PRESETS.length - 1];
  return fitting ? { kind: 'range', min: fitting.min, max: fitting.max } : null;
}

export function rangeLabel(s: Selection | null): string {
  if (s?.kind !== 'range' || (s.min === null && s.max === null)) return 'All data';
  const preset = PRESETS.find((p) => p.min === s.min && p.max === s.max);
  if (preset) return preset.label;
  const relative = /^now-(\d+)([hdwMy])(?:\/[hdwMy])?$/.exec(s.min ?? '');
  if (relative?.[1] && relative[2] && /^now(\/[hdwMy])?$/.test(s.max ?? '')) {
    const unit = { h: 'hours', d: 'days', w: 'weeks', M: 'months', y: 'years' }[relative[2]] ?? '';
    return `Last ${relative[1]} ${relative[1] === '1' ? unit.slice(0, -1) : unit}`;
  }
  return `${s.min ?? '…'} – ${s.max ?? '…'}`;
}

/** Selections in the address, so that a view can be shared: name=r,min,max or name=v,a,b. */
export function selectionToText(s: Selection | null): string {
  if (!s) return '';
  if (s.kind === 'range') return `r,${encodeURIComponent(s.min ?? '')},${encodeURIComponent(s.max ?? '')}`;
  return `v,${s.values.map(encodeURIComponent).join(',')}`;
}

export function selectionFromText(raw: string): Selection | null {
  const [kind, ...parts] = raw.split(',');
  let values: string[];
  try {
    values = parts.map(decodeURIComponent);
  } catch {
    return null;
  }
  if (kind === 'r') return { kind: 'range', min: values[0] || null, max: values[1] || null };
  if (kind === 'v') return { kind: 'values', values: values.length === 1 && values[0] === '' ? [] : values };
  return null;
}

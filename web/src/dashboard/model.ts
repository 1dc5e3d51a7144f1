/** The .lvdash.json file of a Databricks AI/BI dashboard, read tolerantly: what a widget does not need is not demanded. */

export type Selection =
  | { kind: 'values'; values: string[] }
  | { kind: 'range'; min: string | null; max: string | null };

export interface Parameter {
  keyword: string;
  title: string;
  dataType: string; // STRING, DATE, DATETIME, INTEGER, DECIMAL ...
  complexType: 'SINGLE' | 'RANGE' | 'MULTI';
  initial: Selection | null;
}

export interface Dataset {
  name: string;
  title: string;
  sql: string;
  parameters: Parameter[];
  measures: ReadonlyMap<string, string>;
}

export interface Field {
  name: string;
  expression: string;
}

export interface Query {
  name: string;
  dataset: string;
  fields: Field[];
  disaggregated: boolean;
  filters: string[];
  orders: { expression: string; descending: boolean }[];
  keywords: string[]; // parameters that a filter widget binds through this query
}

export interface Widget {
  name: string;
  type: string; // widgetType, or "text"
  title: string | null;
  description: string | null;
  text: string | null;
  queries: Query[];
  encodings: Json;
  spec: Json;
  initial: Selection | null; // of a filter
}

export interface Position {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed {
  widget: Widget;
  position: Position;
}

export interface Page {
  name: string;
  title: string;
  global: boolean;
  widgets: Placed[];
}

export interface Dashboard {
  datasets: ReadonlyMap<string, Dataset>;
  pages: Page[]; // canvas pages
  globalFilters: Placed[];
  palette: string[]; // colours that the file's theme gives to series; empty: ours
}

export type Json = Record<string, unknown>;

export function object(v: unknown): Json {
  return typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Json) : {};
}
export function list(v: unknown): unknown[] {
  return Array.isArray(v) ? v : [];
}
export function text(v: unknown): string | null {
  return typeof v === 'string' ? v : null;
}
function number(v: unknown, fallback: number): number {
  return typeof v === 'number' && Number.isFinite(v) ? v : fallback;
}

/** {"values": {"values": [{"value": "x"}]}}, {"values": ["x"]} or {"range": {"min": {"value": "now-30d"}, ...}}. */
export function readSelection(raw: unknown): Selection | null {
  const s = object(raw);
  if ('range' in s) {
    const range = object(s['range']);
    const bound = (v: unknown): string | null => text(object(v)['value']) ?? text(v);
    return { kind: 'range', min: bound(range['min']), max: bound(range['max']) };
  }
  if ('values' in s) {
    const items = Array.isArray(s['values']) ? s['values'] : list(object(s['values'])['values']);
    const values = items.map((v) => (typeof v === 'object' ? object(v)['value'] : v)).filter((v) => v !== null && v !== undefined);
    return { kind: 'values', values: values.map(String) };
  }
  return null;
}

function readParameter(raw: unknown): Parameter | null {
  const p = object(raw);
  const keyword = text(p['keyword']);
  if (!keyword) return null;
  const complex = text(p['complexType']);
  return {
    keyword,
    title: text(p['displayName']) ?? keyword,
    dataType: (text(p['dataType']) ?? 'STRING').toUpperCase(),
    complexType: complex === 'RANGE' || complex === 'MULTI' ? complex : 'SINGLE',
    initial: readSelection(p['defaultSelection']),
  };
}

function readDataset(raw: unknown): Dataset | null {
  const d = object(raw);
  const name = text(d['name']);
  if (!name) return null;
  const sql = Array.isArray(d['queryLines']) ? d['queryLines'].map(String).join('') : (text(d['query']) ?? '');
  const measures = new Map<string, string>();
  for (const c of list(d['columns']).map(object)) {
    const label = text(c['displayName']) ?? text(c['name']);
    const expression = text(c['expression']);
    if (label && expression) measures.set(label, expression);
  }
  return {
    name,
    title: text(d['displayName']) ?? name,
    sql,
    parameters: list(d['parameters']).map(readParameter).filter((p) => p !== null),
    measures,
  };
}

function readQuery(raw: unknown): Query {
  const outer = object(raw);
  const q = object(outer['query']);
  return {
    name: text(outer['name']) ?? '',
    dataset: text(q['datasetName']) ?? '',
    fields: list(q['fields']).map(object).map((f) => ({ name: text(f['name']) ?? '', expression: text(f['expression']) ?? '' })),
    disaggregated: q['disaggregated'] === true,
    filters: list(q['filters']).map((f) => text(object(f)['expression'])).filter((f) => f !== null),
    orders: list(q['orders']).map(object).map((o) => ({ expression: text(o['expression']) ?? '', descending: o['direction'] === 'DESC' })),
    keywords: list(q['parameters']).map((p) => text(object(p)['keyword'])).filter((k) => k !== null),
  };
}

function readText(w: Json): string | null {
  for (const key of ['multilineTextboxSpec', 'textboxSpec', 'textbox_spec', 'multiline_textbox_spec']) {
    if (!(key in w)) continue;
    const spec = w[key];
    if (typeof spec === 'string') return spec;
    const lines = object(spec)['lines'];
    return Array.isArray(lines) ? lines.map(String).join('') : (text(object(spec)['text']) ?? '');
  }
  return null;
}

function readWidget(raw: unknown, fallback: string): Widget {
  const w = object(raw);
  const spec = object(w['spec']);
  const frame = object(spec['frame']);
  const content = readText(w);
  return {
    name: text(w['name']) ?? fallback,
    type: content !== null ? 'text' : (text(spec['widgetType']) ?? 'unknown'),
    title: frame['showTitle'] === true ? (text(frame['title']) ?? null) : null,
    description: frame['showDescription'] === true ? (text(frame['description']) ?? null) : null,
    text: content,
    queries: list(w['queries']).map(readQuery),
    encodings: object(spec['encodings']),
    spec,
    initial: readSelection(object(spec['selection'])['defaultSelection']),
  };
}

function readPlaced(raw: unknown, index: number): Placed {
  const l = object(raw);
  const p = object(l['position']);
  return {
    widget: readWidget(l['widget'], `widget ${index + 1}`),
    position: {
      x: Math.max(0, number(p['x'], 0)),
      y: Math.max(0, number(p['y'], index * 4)),
      width: Math.max(1, number(p['width'], 3)),
      height: Math.max(1, number(p['height'], 4)),
    },
  };
}

/** Reads a dashboard; throws an Error with one clear line when the text is none. */
export function readDashboard(raw: unknown): Dashboard {
  const d = object(raw);
  if (!Array.isArray(d['pages'])) throw new Error('this is not a Databricks dashboard: it has no "pages"');
  const datasets = new Map<string, Dataset>();
  for (const dataset of list(d['datasets']).map(readDataset)) if (dataset) datasets.set(dataset.name, dataset);
  const pages: Page[] = d['pages'].map((rawPage, i) => {
    const p = object(rawPage);
    return {
      name: text(p['name']) ?? `page${i + 1}`,
      title: text(p['displayName']) ?? `Page ${i + 1}`,
      global: p['pageType'] === 'PAGE_TYPE_GLOBAL_FILTERS',
      widgets: list(p['layout']).map(readPlaced),
    };
  });
  return {
    datasets,
    pages: pages.filter((p) => !p.global),
    globalFilters: pages.filter((p) => p.global).flatMap((p) => p.widgets),
    palette: list(object(object(d['uiSettings'])['theme'])['visualizationColors']).map((c) => readColor(c, [])).filter((c) => c !== null),
  };
}

const FILTERS = new Set(['filter-date-range-picker', 'filter-date-picker', 'filter-single-select', 'filter-multi-select', 'filter-text-entry']);

export function isFilter(w: Widget): boolean {
  return FILTERS.has(w.type);
}

/** A colour of a file: "#0a7", {light: "#0a7"}, or {themeColorType: "visualizationColors", position: 1} of the theme; null: none of these. */
export function readColor(raw: unknown, palette: readonly string[]): string | null {
  if (typeof raw === 'string') return /^#[0-9a-f]{3,8}$/i.test(raw) ? raw : null;
  const o = object(raw);
  const at = o['position'];
  if (o['themeColorType'] === 'visualizationColors' && typeof at === 'number' && at >= 1) return palette[(Math.floor(at) - 1) % palette.length] ?? null;
  return 'light' in o ? readColor(o['light'], palette) : null;
}

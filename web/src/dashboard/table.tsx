/** Tables: of a widget and of plain results (tables page, SQL page). */
import { useMemo, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { readNumeralFormat } from '../lib/format';
import type { NumberFormat } from '../lib/format';
import { formatPattern } from '../lib/time';
import { safeHref } from '../lib/markdown';
import { axisTitle, position } from '../charts/data';
import { encodingFormat, isDayColumn, showValue } from './display';
import type { Kind, Value } from './expression';
import { list, object, readColor, text } from './model';
import type { Json, Widget } from './model';
import { compareNullable } from './query';
import type { Result } from './query';

export interface GridColumn {
  title: string;
  kind: Kind;
  at: number;
  align: 'left' | 'right' | 'center';
  daily: boolean;
  format: NumberFormat | null;
  mono: boolean;
  encoding: Json;
  note: string | null;
}

const PAGE = 200;

export function Grid({ columns, rows, label, numbered }: { columns: GridColumn[]; rows: readonly (readonly Value[])[]; label: string; numbered?: boolean }): JSX.Element {
  const [order, setOrder] = useState<{ column: number; descending: boolean } | null>(null);
  const [shown, setShown] = useState(PAGE);
  const [unfolded, setUnfolded] = useState<readonly Value[] | null>(null);
  // A click shows all text of a row; a click that ends a selection of text does not.
  const unfold = (row: readonly Value[]): void => {
    if (window.getSelection()?.toString()) return;
    setUnfolded((old) => (old === row ? null : row));
  };
  const sorted = useMemo(() => {
    if (!order) return rows;
    const at = columns[order.column]?.at ?? 0;
    return [...rows].sort((a, b) => compareNullable(a[at] ?? null, b[at] ?? null) * (order.descending ? -1 : 1));
  }, [rows, order, columns]);
  const toggle = (column: number): void => {
    setOrder((o) => (o?.column !== column ? { column, descending: columns[column]?.kind === 'number' } : o.descending === (columns[column]?.kind === 'number') ? { column, descending: !o.descending } : null));
  };
  return (
    <div class="grid-scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="grid-table">
        <thead>
          <tr>
            {numbered ? <th class="row-number">#</th> : null}
            {columns.map((c, i) => (
              <th scope="col" class={`align-${c.align}`} aria-sort={order?.column === i ? (order.descending ? 'descending' : 'ascending') : undefined} title={c.note ?? undefined}>
                <button type="button" onClick={() => toggle(i)}>{c.title}<span class="sort" aria-hidden="true">{order?.column === i ? (order.descending ? '↓' : '↑') : ''}</span></button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown).map((r, n) => (
            <tr class={unfolded === r ? 'unfolded' : undefined} onClick={() => unfold(r)}>
              {numbered ? <td class="row-number">{n + 1}</td> : null}
              {columns.map((c) => <Cell column={c} row={r} />)}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > shown ? (
        <button type="button" class="button small show-more" onClick={() => setShown(shown + 5 * PAGE)}>Show more: {shown} of {sorted.length} rows are shown</button>
      ) : null}
    </div>
  );
}

function Cell({ column, row }: { column: GridColumn; row: readonly Value[] }): JSX.Element {
  const v = row[column.at] ?? null;
  const shown = cellText(v, column);
  const tone = toneOf(v, column.kind);
  const rule = ruleColor(column.encoding, v);
  const width = column.encoding['defaultColumnWidth'];
  const style = { ...(rule ? { color: rule } : {}), ...(typeof width === 'number' && width > 0 ? { maxWidth: `${width}px` } : {}) };
  const classes = [`align-${column.align}`, v === null ? 'null' : '', column.mono ? 'mono' : '', column.kind === 'string' && shown.length > 40 ? 'long' : ''].filter(Boolean).join(' ');
  let content: ComponentChildren = shown;
  if (tone) content = <span class={`state state-${tone}`}>{shown}</span>;
  const html = column.encoding['allowHTML'] === true && /<[a-z]/i.test(shown) ? readHtml(shown) : null;
  if (html) content = html.href ? <a href={html.href} target="_blank" rel="noopener noreferrer">{html.text}</a> : html.text;
  const target = text(column.encoding['displayAs']) === 'link' ? safeHref(String(text(column.encoding['linkUrlTemplate']) ?? '{{ @ }}').replace(/\{\{\s*@\s*\}\}/g, String(v ?? ''))) : null;
  if (target && v !== null) content = <a href={target} target="_blank" rel="noopener noreferrer">{shown}</a>;
  return <td class={classes} title={shown.length > 24 ? shown : undefined} style={style}>{content}</td>;
}

/** The words of a cell that holds HTML, and its link when that is harmless; nothing of it is put into the page as HTML. */
function readHtml(source: string): { text: string; href: string | null } {
  const body = new DOMParser().parseFromString(source, 'text/html').body;
  return { text: body.textContent ?? '', href: safeHref(body.querySelector('a')?.getAttribute('href') ?? '') };
}

function cellText(v: Value, column: GridColumn): string {
  const pattern = text(column.encoding['dateTimeFormat']);
  if (pattern && v !== null && (column.kind === 'timestamp' || column.kind === 'date')) {
    const ms = Date.parse(String(v));
    if (!Number.isNaN(ms)) return formatPattern(ms, pattern, column.kind === 'date');
  }
  const [no, yes] = list(column.encoding['booleanValues']);
  if (typeof v === 'boolean' && typeof no === 'string' && typeof yes === 'string') return v ? yes : no;
  return showValue(v, column.kind, column.format, column.daily);
}

const TONES: Record<string, string> = {
  FINISHED: 'good', SUCCEEDED: 'good', SUCCESS: 'good', HEALTHY: 'good', PASSED: 'good', OK: 'good', COMPLETED: 'good',
  FAILED: 'bad', ERROR: 'bad', UNHEALTHY: 'bad', CRITICAL: 'bad', TIMEDOUT: 'bad', TIMED_OUT: 'bad',
  CANCELED: 'warn', CANCELLED: 'warn', WARN: 'warn', WARNING: 'warn', DEGRADED: 'warn', PARTIAL: 'warn', SKIPPED: 'warn', INTERRUPTED: 'warn',
  RUNNING: 'live', PENDING: 'live', QUEUED: 'live', STARTED: 'live',
};

/** Well-known states get a mark beside their word. */
export function toneOf(v: Value, kind: Kind): string | null {
  return kind === 'string' && typeof v === 'string' ? (TONES[v.toUpperCase()] ?? null) : null;
}

/** Colour of a cell by the rules of the file: {rules: [{if: {fn, literal}, value: {foregroundColor}}]}. */
function ruleColor(encoding: Json, v: Value): string | null {
  const format = object(encoding['cellFormat']);
  for (const rule of list(format['rules']).map(object)) {
    const test = object(rule['if']);
    const color = readColor(object(rule['value'])['foregroundColor'], []);
    if (color && holds(text(test['fn']) ?? '', v, test['literal'])) return color;
  }
  return readColor(object(format['default'])['foregroundColor'], []);
}

export function holds(operator: string, v: Value, literal: unknown): boolean {
  if (operator === 'is null' || operator === 'IS NULL') return v === null;
  if (v === null) return false;
  const c = compareNullable(v, (literal ?? null) as Value);
  switch (operator) {
    case '=': case '==': return c === 0;
    case '!=': case '<>': return c !== 0;
    case '<': return c < 0;
    case '<=': return c <= 0;
    case '>': return c > 0;
    case '>=': return c >= 0;
    case 'contains': return String(v).includes(String(literal));
    default: return false;
  }
}

export function plainColumn(title: string, kind: Kind, at: number, rows: readonly (readonly Value[])[], note: string | null = null): GridColumn {
  return { title, kind, at, align: kind === 'number' ? 'right' : 'left', daily: isDayColumn(kind, rows.map((r) => r[at] ?? null)), format: null, mono: false, encoding: {}, note };
}

/** The columns that a table widget shows: those of its encodings that are visible, in their order; without encodings all. */
export function tableColumns(w: Widget, result: Result): GridColumn[] {
  const encoded = list(w.encodings['columns']).map(object).filter((c) => c['visible'] !== false);
  if (!encoded.length) return result.names.map((n, i) => plainColumn(n, result.kinds[i] ?? 'unknown', i, result.rows));
  const ordered = encoded.map((c, i) => ({ c, i })).sort((a, b) => Number(a.c['order'] ?? a.i) - Number(b.c['order'] ?? b.i) || a.i - b.i);
  return ordered.map(({ c }) => {
    const field = text(c['fieldName']) ?? '';
    const at = position(result, field);
    const kind = result.kinds[at] ?? 'unknown';
    const column = plainColumn(text(c['title']) ?? axisTitle(c) ?? field, kind, at, result.rows, text(c['description']));
    const pattern = text(c['numberFormat']);
    const align = text(c['alignContent']);
    return {
      ...column,
      align: align === 'left' || align === 'right' || align === 'center' ? align : column.align,
      format: encodingFormat(c, w.spec) ?? (pattern ? readNumeralFormat(pattern) : null),
      mono: c['useMonospaceFont'] === true,
      encoding: c,
    };
  });
}

/** Rows by columns of a pivot widget, as a plain grid. */
export function pivotGrid(w: Widget, result: Result): { columns: GridColumn[]; rows: Value[][] } {
  const fields = (key: string): { at: number; title: string; encoding: Json }[] => list(w.encodings[key]).map(object).map((f) => {
    const field = text(f['fieldName']) ?? '';
    return { at: position(result, field), title: axisTitle(f) ?? field, encoding: f };
  });
  const rowFields = fields('rows');
  const columnFields = fields('columns');
  const cell = object(w.encodings['cell']);
  const cells = (Array.isArray(cell['fields']) ? cell['fields'].map(object) : [cell]).map((f) => {
    const field = text(f['fieldName']) ?? '';
    return { at: position(result, field), title: axisTitle(f) ?? field, encoding: f };
  });
  const daily = (at: number): boolean => isDayColumn(result.kinds[at] ?? 'unknown', result.rows.map((r) => r[at] ?? null));
  const label = (r: readonly Value[]): string => columnFields.map((f) => showValue(r[f.at] ?? null, result.kinds[f.at] ?? 'unknown', null, daily(f.at))).join(' · ');
  const heads = [...new Set([...result.rows].sort((a, b) => compareBy(columnFields, a, b)).map(label))];
  const found = new Map<string, Value[]>();
  for (const r of [...result.rows].sort((a, b) => compareBy(rowFields, a, b))) {
    const key = JSON.stringify(rowFields.map((f) => r[f.at]));
    let line = found.get(key);
    if (!line) found.set(key, (line = [...rowFields.map((f) => r[f.at] ?? null), ...Array<Value>(heads.length * cells.length).fill(null)]));
    cells.forEach((c, i) => {
      line[rowFields.length + heads.indexOf(label(r)) * cells.length + i] = r[c.at] ?? null;
    });
  }
  const rows = [...found.values()];
  const columns = [
    ...rowFields.map((f, i) => plainColumn(f.title, result.kinds[f.at] ?? 'unknown', i, rows)),
    ...heads.flatMap((h, n) => cells.map((c, i) => ({
      ...plainColumn([h, cells.length > 1 || !h ? c.title : ''].filter(Boolean).join(' · '), result.kinds[c.at] ?? 'unknown', rowFields.length + n * cells.length + i, rows),
      format: encodingFormat(c.encoding, w.spec),
    }))),
  ];
  return { columns, rows };
}

function compareBy(fields: { at: number }[], a: readonly Value[], b: readonly Value[]): number {
  for (const f of fields) {
    const c = compareNullable(a[f.at] ?? null, b[f.at] ?? null);
    if (c) return c;
  }
  return 0;
}

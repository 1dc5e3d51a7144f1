/** Rows of a dataset as the server sends them, brought into the values that expressions work on. */
import { instantText } from './expression';
import type { Kind, Row, Scope, Value } from './expression';
import type { Envelope } from '../lib/api';

export interface Table {
  names: string[];
  types: string[];
  scope: Scope;
  rows: Row[];
}

export function kindOfType(type: string): Kind {
  const t = type.toUpperCase();
  if (/^(TINYINT|SMALLINT|INT|INTEGER|BIGINT|LONG|FLOAT|REAL|DOUBLE|DECIMAL|NUMERIC|HUGEINT)/.test(t)) return 'number';
  if (t.startsWith('TIMESTAMP')) return 'timestamp';
  if (t === 'DATE') return 'date';
  if (t === 'BOOLEAN') return 'boolean';
  return t === 'STRING' || t.startsWith('VARCHAR') || t.startsWith('CHAR') ? 'string' : 'unknown';
}

/** Whole numbers beyond 2^53 and decimals arrive as text: they stay text where a number would lose digits. */
function value(raw: unknown, kind: Kind): Value {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === 'object') return JSON.stringify(raw);
  if (kind === 'timestamp') return instantText(String(raw));
  if (kind === 'number' && typeof raw === 'string') {
    const n = Number(raw);
    if (Number.isNaN(n)) return null;
    return Number.isInteger(n) && !Number.isSafeInteger(n) ? raw : n;
  }
  return raw as Value;
}

export function readTable(e: Envelope): Table {
  const names = e.columns.map((c) => c.name);
  const kinds = e.columns.map((c) => kindOfType(c.type));
  return {
    names,
    types: e.columns.map((c) => c.type),
    scope: makeScope(names, kinds),
    rows: e.rows.map((r) => r.map((v, i) => value(v, kinds[i] ?? 'unknown'))),
  };
}

export function makeScope(names: readonly string[], kinds: readonly Kind[]): Scope {
  const index = new Map<string, number>();
  names.forEach((n, i) => {
    if (!index.has(n.toLowerCase())) index.set(n.toLowerCase(), i);
  });
  names.forEach((n, i) => index.set(n, i));
  return { index, kinds };
}

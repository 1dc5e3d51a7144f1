/** How a value of a result is shown: the one place that knows formats, zones and NULL. */
import { formatIntegerText, formatNumber, readNumberFormat, readNumeralFormat } from '../lib/format';
import type { NumberFormat } from '../lib/format';
import { formatInstant, formatUtcDay, isDaily } from '../lib/time';
import type { Kind, Value } from './expression';
import { object, text } from './model';
import type { Result } from './query';

export const NO_DATA = 'no data';

/** Format of one encoding, else that of the whole widget (`spec.format`). */
export function encodingFormat(encoding: unknown, spec: unknown): NumberFormat | null {
  const e = object(encoding);
  const own = readNumberFormat(e['format']);
  if (own) return own;
  const pattern = text(e['numberFormat']) ?? text(object(object(object(spec)['format'])['numberFormat'])['format']);
  return pattern ? readNumeralFormat(pattern) : null;
}

/** True when a column of instants holds days only. */
export function isDayColumn(kind: Kind, values: readonly Value[]): boolean {
  if (kind === 'date') return true;
  if (kind !== 'timestamp') return false;
  return isDaily(values.filter((v) => v !== null).map((v) => Date.parse(String(v))));
}

export function showValue(v: Value, kind: Kind, format: NumberFormat | null, daily: boolean): string {
  if (v === null) return '–';
  if (typeof v === 'number') return formatNumber(v, format);
  if (kind === 'number' && /^-?\d+$/.test(String(v))) return format ? formatNumber(Number(v), format) : formatIntegerText(String(v));
  if (kind === 'timestamp' || kind === 'date') {
    const ms = Date.parse(String(v));
    if (Number.isNaN(ms)) return String(v);
    return daily || kind === 'date' ? formatUtcDay(ms) : formatInstant(ms);
  }
  return String(v);
}

/** What a reader who does not see the chart is told. */
export function describeResult(name: string, type: string, result: Result): string {
  const last = result.rows[result.rows.length - 1] ?? [];
  const values = result.names.map((n, i) => `${n} ${showValue(last[i] ?? null, result.kinds[i] ?? 'unknown', null, false)}`).join(', ');
  return `${name}: ${type} chart of ${result.rows.length} ${result.rows.length === 1 ? 'row' : 'rows'}; the last one: ${values}`;
}

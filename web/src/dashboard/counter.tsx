import type { JSX } from 'preact';
import { formatNumber } from '../lib/format';
import { position } from '../charts/data';
import { NO_DATA, encodingFormat, isDayColumn, showValue } from './display';
import type { Kind, Value } from './expression';
import { list, object, readColor, text } from './model';
import type { Json, Widget } from './model';
import type { Result } from './query';
import { holds } from './table';

interface Shown {
  value: Value;
  text: string;
}

function read(encoding: Json, w: Widget, result: Result): Shown | null {
  const field = text(encoding['fieldName']);
  if (field === null) return null;
  const at = position(result, field);
  const kind: Kind = result.kinds[at] ?? 'unknown';
  const n = Number(encoding['rowNumber'] ?? 1);
  const row = result.rows[(Number.isInteger(n) && n > 0 ? n : 1) - 1];
  const value = row?.[at] ?? null;
  return { value, text: value === null ? NO_DATA : showValue(value, kind, encodingFormat(encoding, w.spec), isDayColumn(kind, [value])) };
}

export function Counter({ widget, result }: { widget: Widget; result: Result }): JSX.Element {
  const encoding = object(widget.encodings['value']);
  const value = read(encoding, widget, result);
  const target = read(object(widget.encodings['target']), widget, result);
  const shown = value ?? { value: result.rows[0]?.[0] ?? null, text: String(result.rows[0]?.[0] ?? NO_DATA) };
  const label = text(encoding['displayName']);
  return (
    <div class="counter">
      <div class={`counter-value${shown.value === null ? ' is-null' : ''}`} style={styleOf(encoding, shown.value)}>{shown.text}</div>
      {target && target.value !== null ? <div class="counter-target">{targetText(shown.value, target, text(object(widget.encodings['target'])['displayName']))}</div> : null}
      {widget.description ? <div class="counter-target" title={widget.description}>{widget.description}</div>
        : !target && label && label !== widget.title ? <div class="counter-target">{label}</div> : null}
    </div>
  );
}

function targetText(value: Value, target: Shown, name: string | null): string {
  const goal = `${name ?? 'Target'} ${target.text}`;
  if (typeof value !== 'number' || typeof target.value !== 'number' || target.value === 0) return goal;
  const change = value / target.value - 1;
  return `${goal} · ${change >= 0 ? '+' : ''}${formatNumber(change, { type: 'percent', places: { kind: 'max', count: 1 } })}`;
}

function styleOf(encoding: Json, v: Value): { color: string } | undefined {
  for (const rule of list(object(encoding['style'])['rules']).map(object)) {
    const condition = object(rule['condition']);
    const color = readColor(rule['color'], []);
    if (color && holds(text(condition['operator']) ?? '', v, object(condition['operand'])['value'])) return { color };
  }
  return undefined;
}

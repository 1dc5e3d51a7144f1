import { useCallback, useEffect, useId, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { Icon } from '../shell/icons';
import { useDismiss } from '../lib/hooks';
import { isoDay, resolveTime } from '../lib/time';
import { PRESETS, bindings, filterTitle, rangeLabel } from './parameters';
import type { Selection, Widget } from './model';

export interface FilterProps {
  widget: Widget;
  selection: Selection | null;
  choices: string[] | null; // null: not loaded, or free text
  now: number;
  onChange: (s: Selection | null) => void;
}

export function FilterControl(props: FilterProps): JSX.Element {
  switch (props.widget.type) {
    case 'filter-date-range-picker':
      return <RangeFilter {...props} />;
    case 'filter-date-picker':
      return <DateFilter {...props} />;
    case 'filter-single-select':
      return <SingleFilter {...props} />;
    case 'filter-multi-select':
      return <MultiFilter {...props} />;
    default:
      return <TextFilter {...props} />;
  }
}

/** A button that opens a panel under it. */
function Popover({ label, value, children, icon }: { label: string; value: string; icon?: string; children: (close: () => void) => JSX.Element }): JSX.Element {
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  const attach = useDismiss(open, close);
  return (
    <div class="popover" ref={attach}>
      <button type="button" class="control" aria-haspopup="dialog" aria-expanded={open} aria-label={`${label}: ${value}`} onClick={() => setOpen(!open)}>
        {icon ? <Icon name={icon} /> : <span class="control-label">{label}</span>}
        <span class="control-value">{value}</span>
        <Icon name="down" />
      </button>
      {open ? <div class="panel" role="dialog" aria-label={label}>{children(close)}</div> : null}
    </div>
  );
}

function RangeFilter({ widget, selection, now, onChange }: FilterProps): JSX.Element {
  const range = selection?.kind === 'range' ? selection : null;
  const day = (bound: string | null | undefined, end: boolean): string => {
    const ms = bound ? resolveTime(bound, now, end) : null;
    return ms === null ? '' : isoDay(ms);
  };
  const custom = range && !PRESETS.some((p) => p.min === range.min && p.max === range.max);
  return (
    <Popover label={filterTitle(widget)} value={rangeLabel(selection)} icon="clock">
      {(close) => (
        <>
          <ul class="choices">
            {PRESETS.map((p) => {
              const chosen = rangeLabel(selection) === p.label;
              return (
                <li>
                  <button type="button" class="choice" aria-pressed={chosen} onClick={() => { onChange({ kind: 'range', min: p.min, max: p.max }); close(); }}>{p.label}</button>
                </li>
              );
            })}
          </ul>
          <CustomRange from={custom || range ? day(range?.min, false) : ''} to={day(range?.max, true)} apply={(min, max) => { onChange({ kind: 'range', min, max }); close(); }} />
        </>
      )}
    </Popover>
  );
}

function CustomRange({ from, to, apply }: { from: string; to: string; apply: (min: string | null, max: string | null) => void }): JSX.Element {
  const [min, setMin] = useState(from);
  const [max, setMax] = useState(to);
  const wrong = min !== '' && max !== '' && min > max;
  return (
    <form class="custom-range" onSubmit={(e) => { e.preventDefault(); if (!wrong) apply(min || null, max || null); }}>
      <label>From<input type="date" value={min} onInput={(e) => setMin(e.currentTarget.value)} /></label>
      <label>To<input type="date" value={max} onInput={(e) => setMax(e.currentTarget.value)} /></label>
      {wrong ? <p class="field-error" role="alert">"From" is after "To".</p> : null}
      <button type="submit" class="button small" disabled={wrong}>Apply</button>
    </form>
  );
}

function DateFilter({ widget, selection, now, onChange }: FilterProps): JSX.Element {
  const bound = selection?.kind === 'values' ? selection.values[0] : selection?.kind === 'range' ? selection.min : null;
  const ms = bound ? resolveTime(bound, now, false) : null;
  return (
    <label class="control">
      <span class="control-label">{filterTitle(widget)}</span>
      <input type="date" value={ms === null ? '' : isoDay(ms)} onChange={(e) => onChange(e.currentTarget.value ? { kind: 'values', values: [e.currentTarget.value] } : null)} />
    </label>
  );
}

function SingleFilter({ widget, selection, choices, onChange }: FilterProps): JSX.Element {
  const value = selection?.kind === 'values' ? (selection.values[0] ?? '') : '';
  if (!choices) return <TextFilter widget={widget} selection={selection} choices={choices} now={0} onChange={onChange} />;
  const all = choices.includes(value) || value === '' ? choices : [value, ...choices];
  // A parameter needs a value: "all" is then one of its own values, or there is none.
  const optional = value === '' || !bindings(widget).some((b) => b.keyword);
  return (
    <label class="control">
      <span class="control-label">{filterTitle(widget)}</span>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value === '' ? { kind: 'values', values: [] } : { kind: 'values', values: [e.currentTarget.value] })}>
        {optional ? <option value="">All</option> : null}
        {all.filter((c) => c !== '').map((c) => <option value={c}>{c}</option>)}
      </select>
    </label>
  );
}

const ALL = 'All';

function MultiFilter({ widget, selection, choices, onChange }: FilterProps): JSX.Element {
  const chosen = selection?.kind === 'values' ? selection.values : [];
  const [find, setFind] = useState('');
  const id = useId();
  const shown = (choices ?? chosen).filter((c) => c.toLowerCase().includes(find.toLowerCase()));
  // Files often offer "All" as a value of its own: choosing it excludes the others, and the other way round.
  const toggle = (c: string): void => {
    const has = chosen.includes(c);
    let next = has ? chosen.filter((v) => v !== c) : [...chosen, c];
    if (!has && (choices ?? []).includes(ALL)) next = c === ALL ? [ALL] : next.filter((v) => v !== ALL);
    if (!next.length && (choices ?? []).includes(ALL)) next = [ALL];
    onChange({ kind: 'values', values: next });
  };
  const value = !chosen.length || (chosen.length === 1 && chosen[0] === ALL) ? 'All' : chosen.length === 1 ? (chosen[0] ?? '') : `${chosen.length} chosen`;
  return (
    <Popover label={filterTitle(widget)} value={value}>
      {() => (
        <>
          {(choices?.length ?? 0) > 8 ? (
            <input id={id} class="find" type="search" placeholder="Find" aria-label="Find a value" value={find} onInput={(e) => setFind(e.currentTarget.value)} />
          ) : null}
          {choices === null ? <p class="panel-note">Loading…</p> : null}
          {choices?.length === 0 ? <p class="panel-note">No values in this range.</p> : null}
          <ul class="choices">
            {shown.slice(0, 300).map((c) => (
              <li><label class="choice"><input type="checkbox" checked={chosen.includes(c)} onChange={() => toggle(c)} />{c}</label></li>
            ))}
          </ul>
        </>
      )}
    </Popover>
  );
}

function TextFilter({ widget, selection, onChange }: FilterProps): JSX.Element {
  const value = selection?.kind === 'values' ? selection.values.join(', ') : '';
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return (
    <label class="control">
      <span class="control-label">{filterTitle(widget)}</span>
      <input type="text" value={draft} onInput={(e) => setDraft(e.currentTarget.value)} onChange={() => onChange({ kind: 'values', values: draft.trim() ? [draft.trim()] : [] })} />
    </label>
  );
}

/** One widget in its frame: title, menu, and one of loading, content, nothing, or an error that stays in this tile. */
import { useErrorBoundary, useMemo, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { CHART_TYPES } from '../charts/options';
import { Chart } from '../charts/chart';
import { download, fileName, toCsv } from '../lib/csv';
import { Markdown } from '../lib/markdown';
import { formatAgo, formatInstant } from '../lib/time';
import { ErrorNote, Skeleton } from '../shell/notice';
import { Icon } from '../shell/icons';
import { Menu } from '../shell/menu';
import { Counter } from './counter';
import type { Entry } from './data';
import { describeResult } from './display';
import type { Dashboard, Widget } from './model';
import { inlineParameters } from './parameters';
import type { ParameterValue } from './parameters';
import { runQuery } from './query';
import type { Result, RowFilter } from './query';
import { Grid, pivotGrid, plainColumn, tableColumns } from './table';

export interface TileProps {
  widget: Widget;
  dashboard: Dashboard;
  entry: Entry | null;
  filters: readonly RowFilter[];
  now: number;
  parameters: Readonly<Record<string, ParameterValue>>;
  retry: () => void;
}

type View = 'chart' | 'data' | 'sql';

export function Tile(props: TileProps): JSX.Element {
  const { widget, entry, dashboard, filters } = props;
  const [view, setView] = useState<View>('chart');
  const query = widget.queries[0];
  const dataset = query ? dashboard.datasets.get(query.dataset) : undefined;
  const outcome = useMemo((): { result: Result | null; error: unknown } => {
    if (!entry?.value || !query || !dataset) return { result: null, error: null };
    try {
      return { result: runQuery(query, dataset, entry.value.table, filters), error: null };
    } catch (error) {
      return { result: null, error };
    }
  }, [entry?.value, query, dataset, filters]);

  if (widget.type === 'text') return <section class="tile tile-text" aria-label="Text"><Markdown source={widget.text ?? ''} /></section>;

  const sql = entry?.value?.raw.sql ?? dataset?.sql ?? null;
  const title = widget.title ?? '';
  const name = title || dataset?.title || widget.name;
  const supported = CHART_TYPES.has(widget.type) || ['counter', 'table', 'pivot'].includes(widget.type);
  return (
    <section class={`tile tile-${widget.type}`} aria-label={name} aria-busy={entry?.loading ?? false} data-widget={widget.name}>
      <header class="tile-head">
        <div class="tile-titles">
          {title ? <h3 class="tile-title" title={title}>{title}</h3> : null}
          {widget.description && widget.type !== 'counter' ? <p class="tile-description">{widget.description}</p> : null}
        </div>
        <TileMenu name={name} view={view} setView={setView} result={outcome.result} sql={sql} runnable={dataset ? inlineParameters(dataset, props.parameters) : null} entry={entry} chart={CHART_TYPES.has(widget.type)} now={props.now} />
      </header>
      {entry?.loading && entry.value ? <div class="tile-progress" role="progressbar" aria-label="Loading" /> : null}
      <div class="tile-body">
        {view === 'sql' ? <SqlView sql={sql} /> : supported ? (
          <Body {...props} outcome={outcome} missing={query ? (dataset ? null : query.dataset) : ''} asData={view === 'data'} name={name} />
        ) : (
          <p class="tile-note">A widget of type <code>{widget.type}</code> is not supported by this page. Its file and the other widgets are unaffected.</p>
        )}
      </div>
      {entry?.value?.raw.truncated ? <p class="tile-warning"><Icon name="warn" /> Only the first {entry.value.raw.row_count} rows of the dataset: totals are too small.</p> : null}
    </section>
  );
}

function Body({ widget, dashboard, entry, outcome, missing, asData, retry, name }: TileProps & { outcome: { result: Result | null; error: unknown }; missing: string | null; asData: boolean; name: string }): JSX.Element {
  if (missing !== null) return <ErrorNote error={new Error(missing ? `the dashboard has no dataset "${missing}"` : 'the widget has no query')} />;
  if (entry?.error) return <ErrorNote error={entry.error} retry={retry} />;
  if (outcome.error) return <ErrorNote error={outcome.error} />;
  if (!outcome.result) return <Skeleton lines={widget.type === 'counter' ? 1 : 4} />;
  const { result } = outcome;
  if (!result.rows.length && widget.type !== 'counter') return <p class="tile-empty">No rows in this selection</p>;
  return (
    <Guard key={asData ? 'data' : 'view'} result={result}>
      {asData ? <Grid columns={result.names.map((n, i) => plainColumn(n, result.kinds[i] ?? 'unknown', i, result.rows))} rows={result.rows} label={`Data of ${name}`} /> : <Content widget={widget} result={result} name={name} palette={dashboard.palette} />}
    </Guard>
  );
}

function Content({ widget, result, name, palette }: { widget: Widget; result: Result; name: string; palette: readonly string[] }): JSX.Element {
  if (widget.type === 'counter') return <Counter widget={widget} result={result} />;
  if (widget.type === 'table') return <Grid columns={tableColumns(widget, result)} rows={result.rows} label={name} numbered={widget.spec['withRowNumber'] === true} />;
  if (widget.type === 'pivot') {
    const { columns, rows } = pivotGrid(widget, result);
    return <Grid columns={columns} rows={rows} label={name} />;
  }
  return <Chart widget={widget} result={result} palette={palette} label={describeResult(name, widget.type, result)} />;
}

/** A bad encoding is an error of its tile; new data gets a new try. */
function Guard({ children, result }: { children: ComponentChildren; result: Result }): JSX.Element {
  const [error, reset] = useErrorBoundary();
  const [failedWith, setFailedWith] = useState<Result | null>(null);
  if (error) {
    if (failedWith === null) setFailedWith(result);
    else if (failedWith !== result) {
      setFailedWith(null);
      reset();
    }
    return <ErrorNote error={error} />;
  }
  return <>{children}</>;
}

function SqlView({ sql }: { sql: string | null }): JSX.Element {
  return <pre class="sql-view" tabIndex={0}>{sql ?? 'The query is not known.'}</pre>;
}

interface MenuProps {
  name: string;
  view: View;
  setView: (v: View) => void;
  result: Result | null;
  sql: string | null;
  runnable: string | null; // with its parameters written out
  entry: Entry | null;
  chart: boolean;
  now: number;
}

function TileMenu({ name, view, setView, result, sql, runnable, entry, chart, now }: MenuProps): JSX.Element {
  const fresh = entry?.value?.raw.fresh_at ?? null;
  return (
    <Menu className="icon-button" boxClass="tile-menu" right label={`Menu of ${name}`} button={<Icon name="more" />}>
      {(close) => {
        const item = (label: string, f: () => void, enabled = true): JSX.Element => (
          <button type="button" role="menuitem" class="choice" disabled={!enabled} onClick={() => { f(); close(); }}>{label}</button>
        );
        return (
          <>
            {view !== 'chart' ? item('Show the widget', () => setView('chart')) : null}
            {chart && view !== 'data' ? item('Show the data', () => setView('data')) : null}
            {view !== 'sql' ? item('Show the SQL', () => setView('sql'), sql !== null) : null}
            {runnable ? <a role="menuitem" class="choice" href={`#/sql?q=${encodeURIComponent(runnable)}`} onClick={close}>Open in the SQL page</a> : null}
            {item('Download CSV', () => result && download(fileName(name, 'csv'), toCsv(result.names, result.rows)), result !== null)}
            <p class="panel-note">
              {fresh ? <>Data up to {formatInstant(Date.parse(fresh), false)}<br />({formatAgo(Date.parse(fresh), now)})</> : 'Freshness not known'}
              {entry?.value ? <><br />{entry.value.raw.row_count} rows in {Math.max(1, Math.round(entry.value.raw.elapsed_ms))} ms</> : null}
            </p>
          </>
        );
      }}
    </Menu>
  );
}

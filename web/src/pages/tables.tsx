import type { JSX } from 'preact';
import * as api from '../lib/api';
import type { TableDetail, TableHealth, TableStatus } from '../lib/api';
import { formatNumber } from '../lib/format';
import { useLoaded, useTitle } from '../lib/hooks';
import { formatDuration } from '../lib/time';
import { Icon } from '../shell/icons';
import { List, Time, right } from '../shell/list';
import { Empty, ErrorNote, Skeleton } from '../shell/notice';
import { href, replaceQuery } from '../shell/route';
import type { Route } from '../shell/route';
import { ResultGrid } from './result';
import { State } from './runs';

interface Props {
  route: Route;
  generation: string;
  serverNow: () => number;
}

export function TablesPage({ route, generation, serverNow }: Props): JSX.Element {
  const name = route.parts[1];
  useTitle(name ?? 'Tables');
  return name ? (
    <TableDetailPage key={name} name={name} generation={generation} serverNow={serverNow} />
  ) : (
    <TableList route={route} generation={generation} serverNow={serverNow} />
  );
}

const rowsText = (n: number | null): string => (n === null || n < 0 ? '–' : formatNumber(n));
const NOT_BUILT = 'not built';
const stateOf = (t: TableHealth): string => t.step?.state.toLowerCase() ?? (t.is_view ? '' : NOT_BUILT); // views have no steps
const secondsText = (s: number | null | undefined): string => (s === null || s === undefined ? '–' : formatDuration(s * 1000));

/* ---------------------------------------------------------------- list */

interface Column {
  id: string;
  label: string;
  value: (t: TableHealth) => string | number | null; // what it is sorted by; null comes last
  descending?: boolean; // the first click
  right?: boolean;
  wide?: boolean;
}

const time = (at: string | null): number | null => (at === null || Number.isNaN(Date.parse(at)) ? null : Date.parse(at));

const COLUMNS: Column[] = [
  { id: 'name', label: 'Table', value: (t) => t.name },
  { id: 'layer', label: 'Layer', value: (t) => ['gold', 'bronze', 'landing'].indexOf(t.layer ?? ''), wide: true },
  { id: 'domain', label: 'Domain', value: (t) => t.domain, wide: true },
  { id: 'state', label: 'Last step', value: (t) => stateOf(t) },
  { id: 'took', label: 'Took', value: (t) => t.step?.duration_s ?? null, descending: true, right: true },
  { id: 'rows', label: 'Rows', value: (t) => (t.rows === null || t.rows < 0 ? null : t.rows), descending: true, right: true },
  { id: 'newest', label: 'Newest event', value: (t) => time(t.fresh_at), descending: true },
  { id: 'loaded', label: 'Newest load', value: (t) => time(t.loaded_at), descending: true },
  { id: 'quarantined', label: 'Rejected', value: (t) => t.quarantined, descending: true, right: true },
  { id: 'findings', label: 'Findings', value: (t) => t.findings, descending: true, right: true },
];

/** By the column, what has no value last, then by layer and name. */
export function sortTables(tables: readonly TableHealth[], id: string, descending: boolean): TableHealth[] {
  const column = COLUMNS.find((c) => c.id === id) ?? (COLUMNS[1] as Column);
  const layer = COLUMNS[1] as Column;
  const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...tables].sort((a, b) => {
    const x = column.value(a);
    const y = column.value(b);
    const byColumn = x === null || y === null ? Number(x === null) - Number(y === null) : compare(x, y) * (descending ? -1 : 1);
    return byColumn || compare(layer.value(a) ?? '', layer.value(b) ?? '') || compare(`${a.schema}.${a.name}`, `${b.schema}.${b.name}`);
  });
}

const FILTERS: { id: string; label: string; value: (t: TableHealth) => string }[] = [
  { id: 'layer', label: 'Layer', value: (t) => t.layer ?? '' },
  { id: 'domain', label: 'Domain', value: (t) => t.domain ?? '' },
  { id: 'state', label: 'Last step', value: stateOf },
];

function Filter({ label, value, values, set }: { label: string; value: string; values: string[]; set: (v: string) => void }): JSX.Element {
  return (
    <select class="filter-select" aria-label={label} value={value} onChange={(e) => set(e.currentTarget.value)}>
      <option value="">{label}: all</option>
      {values.map((v) => (
        <option value={v}>{v}</option>
      ))}
    </select>
  );
}

function TableList({ route, generation, serverNow }: Props): JSX.Element {
  const loaded = useLoaded(() => api.status(), [generation]);
  const tables = loaded.state === 'ready' ? loaded.value.tables : (loaded.previous?.tables ?? null);
  const q = (id: string): string => route.query.get(id) ?? '';
  if (loaded.state === 'failed' && !tables)
    return (
      <main class="content" id="main" tabIndex={-1}>
        <ErrorNote error={loaded.error} retry={loaded.reload} />
      </main>
    );
  if (!tables)
    return (
      <main class="content" id="main" tabIndex={-1}>
        <Skeleton lines={8} />
      </main>
    );
  const wanted = q('find').trim().toLowerCase();
  const shown = tables.filter(
    (t) => `${t.schema}.${t.name} ${t.comment ?? ''} ${t.domain ?? ''}`.toLowerCase().includes(wanted) && FILTERS.every((f) => !q(f.id) || f.value(t) === q(f.id)),
  );
  const sort = q('sort') || 'layer';
  const descending = q('order') === 'down';
  return (
    <main class="content" id="main" tabIndex={-1}>
      <div class="toolbar">
        <h1 class="page-title">
          Tables <small>{shown.length === tables.length ? tables.length : `${shown.length} of ${tables.length}`}</small>
        </h1>
        <div class="filter-row">
          {FILTERS.map((f) => (
            <Filter
              label={f.label}
              value={q(f.id)}
              values={[...new Set(tables.map(f.value))].filter(Boolean).sort()}
              set={(v) => replaceQuery(route, { [f.id]: v || null })}
            />
          ))}
          <label class="search">
            <Icon name="search" />
            <input
              type="search" placeholder="Find a table" aria-label="Find a table" value={q('find')}
              onInput={(e) => replaceQuery(route, { find: e.currentTarget.value || null })}
            />
          </label>
        </div>
      </div>
      {loaded.state === 'failed' ? <ErrorNote error={loaded.error} retry={loaded.reload} title="What is shown is older." /> : null}
      {tables.length === 0 ? (
        <Empty title="No table yet" />
      ) : shown.length === 0 ? (
        <Empty title="No table matches">
          <button type="button" class="button" onClick={() => replaceQuery(route, { find: null, layer: null, domain: null, state: null })}>
            Show all
          </button>
        </Empty>
      ) : (
        <section class="card" aria-label="Tables">
          <List
            tall={false} class="tables-list"
            heads={COLUMNS.map((c) => (
              <th
                scope="col" class={[c.right ? 'align-right' : '', c.wide ? 'wide-only' : ''].join(' ').trim() || undefined}
                aria-sort={c.id === sort ? (descending ? 'descending' : 'ascending') : undefined}
              >
                <button
                  type="button" class="sort-button"
                  onClick={() => replaceQuery(route, { sort: c.id, order: (c.id === sort ? !descending : !!c.descending) ? 'down' : null })}
                >
                  {c.label}
                  <span aria-hidden="true">{c.id === sort ? (descending ? ' ↓' : ' ↑') : ''}</span>
                </button>
              </th>
            ))}
          >
            {sortTables(shown, sort, descending).map((t) => (
              <TableRow key={`${t.schema}.${t.name}`} t={t} now={serverNow()} />
            ))}
          </List>
        </section>
      )}
    </main>
  );
}

function TableRow({ t, now }: { t: TableHealth; now: number }): JSX.Element {
  return (
    <tr>
      <th scope="row" title={t.comment ?? undefined}>
        <a href={href('tables', `${t.schema}.${t.name}`)}>{t.name}</a>
        {t.is_view ? <small class="tag">view</small> : null}
      </th>
      <td class="wide-only">{t.layer ?? ''}</td>
      <td class="wide-only">{t.domain ?? ''}</td>
      <td title={t.step?.error ?? undefined}>{t.step ? <State value={t.step.state} /> : <span class="null">{stateOf(t) || '–'}</span>}</td>
      <td class="align-right">{secondsText(t.step?.duration_s)}</td>
      <td class="align-right">{rowsText(t.rows)}</td>
      <td>
        <Time at={t.fresh_at} now={now} />
      </td>
      <td>
        <Time at={t.loaded_at} now={now} />
      </td>
      <td class="align-right">{t.quarantined ? formatNumber(t.quarantined) : '0'}</td>
      <td class="align-right">{t.findings ? formatNumber(t.findings) : '0'}</td>
    </tr>
  );
}

/* ---------------------------------------------------------------- one table */

function Findings({ list, now }: { list: TableStatus['open_findings']; now: number }): JSX.Element {
  if (!list.length) return <p class="tile-empty">Nothing is open</p>;
  return (
    <List heads={['Severity', 'Finding', 'Source', 'Seen']}>
      {list.map((f) => (
        <tr>
          <td>
            <State value={f.severity} />
          </td>
          <td class="finding">{f.text}</td>
          <td class="where" title={f.file ?? undefined}>
            {f.source ?? '–'}
          </td>
          <td>
            <Time at={f.at} now={now} />
          </td>
        </tr>
      ))}
    </List>
  );
}

function Quarantine({ groups, now }: { groups: TableStatus['quarantine']; now: number }): JSX.Element {
  if (!groups.length) return <p class="tile-empty">No row was rejected</p>;
  return (
    <>
      {groups.map((g) => (
        <details class="rejected">
          <summary>
            <strong>{formatNumber(g.rows)}</strong> {g.reason ?? 'without a reason'}
          </summary>
          {g.samples.map((s) => (
            <figure class="sample-row">
              <figcaption>
                {s.file ?? s.source ?? '–'} · {formatNumber(s.place)} · <Time at={s.rejected_at} now={now} />
              </figcaption>
              <pre class="sql-view">{s.row ?? 'The row could not be read.'}</pre>
            </figure>
          ))}
        </details>
      ))}
    </>
  );
}

function Steps({ list, now }: { list: TableStatus['steps']; now: number }): JSX.Element {
  if (!list.length) return <p class="tile-empty">No step yet</p>;
  const longest = Math.max(...list.map((s) => s.duration_s ?? 0), 1e-9);
  return (
    <List
      heads={[
        'Run', 'State', 'Started', right('Took'), <th scope="col" aria-label="Share of the longest" />, right('Read'), right('Changed'), right('Rejected'),
      ]}
    >
      {list.map((s) => (
        <>
          <tr>
            <th scope="row">
              <a href={href('runs', String(s.run_id))}>{s.run_id}</a>
            </th>
            <td>
              <State value={s.state} />
            </td>
            <td>
              <Time at={s.started_at} now={now} />
            </td>
            <td class="align-right">{secondsText(s.duration_s)}</td>
            <td class="bar-cell">
              <i style={{ width: `${(((s.duration_s ?? 0) / longest) * 100).toFixed(1)}%` }} />
            </td>
            <td class="align-right">{rowsText(s.rows_in)}</td>
            <td class="align-right">{rowsText(s.rows_changed)}</td>
            <td class="align-right">{rowsText(s.rows_rejected)}</td>
          </tr>
          {s.error ? (
            <tr class="step-error">
              <td colSpan={8}>{s.error}</td>
            </tr>
          ) : null}
        </>
      ))}
    </List>
  );
}

function StatusCards({ name, generation, now, columns }: { name: string; generation: string; now: number; columns: JSX.Element | null }): JSX.Element {
  const loaded = useLoaded(() => api.tableStatus(name), [name, generation]);
  const s = loaded.state === 'ready' ? loaded.value : loaded.previous;
  const body = (show: (s: TableStatus) => JSX.Element): JSX.Element =>
    s ? show(s) : loaded.state === 'failed' ? <ErrorNote error={loaded.error} retry={loaded.reload} /> : <Skeleton lines={3} />;
  return (
    <>
      <section class="card" aria-label="Open findings">
        <h2 class="card-title">
          Open findings <small>{s?.findings ?? ''}</small>
        </h2>
        {body((t) => (
          <Findings list={t.open_findings} now={now} />
        ))}
      </section>
      {columns}
      {s && s.layer !== 'bronze' ? null : (
        <section class="card" aria-label="Rejected rows">
          <h2 class="card-title">
            Rejected rows <small>{s ? formatNumber(s.quarantined) : ''}</small>
          </h2>
          {body((t) => (
            <Quarantine groups={t.quarantine} now={now} />
          ))}
        </section>
      )}
      <section class="card" aria-label="Steps">
        <h2 class="card-title">Steps</h2>
        {body((t) => (
          <Steps list={t.steps} now={now} />
        ))}
      </section>
    </>
  );
}

const SAMPLE = 100;

function TableDetailPage({ name, generation, serverNow }: { name: string; generation: string; serverNow: () => number }): JSX.Element {
  const detail = useLoaded(() => api.table(name), [name, generation]);
  const rows = useLoaded(() => api.tableRows(name, SAMPLE), [name, generation]);
  const now = serverNow();
  const t = detail.state === 'ready' ? detail.value : detail.previous;
  return (
    <main class="content" id="main" tabIndex={-1}>
      <p class="crumbs">
        <a href="#/tables">Tables</a> / {name}
      </p>
      {detail.state === 'failed' ? <ErrorNote error={detail.error} retry={detail.reload} /> : null}
      {t ? (
        <>
          <div class="toolbar">
            <h1 class="page-title">
              {t.schema}.{t.name}
            </h1>
            <a class="button" href={`#/sql?q=${encodeURIComponent(`SELECT *\nFROM ${t.schema}.${t.name}\nLIMIT 100`)}`}>
              Query
            </a>
          </div>
          {t.comment ? <p class="lead">{t.comment}</p> : null}
          <dl class="facts">
            <div>
              <dt>Rows</dt>
              <dd>{rowsText(t.rows)}</dd>
            </div>
            <div>
              <dt>Newest event</dt>
              <dd>
                <Time at={t.fresh_at} now={now} />
              </dd>
            </div>
            <div>
              <dt>Changed by a refresh</dt>
              <dd>
                <Time at={t.updated_at} now={now} />
              </dd>
            </div>
            <div>
              <dt>Layer</dt>
              <dd>{t.layer ?? '–'}</dd>
            </div>
            <div>
              <dt>Domain</dt>
              <dd>{t.domain ?? '–'}</dd>
            </div>
          </dl>
          <StatusCards name={`${t.schema}.${t.name}`} generation={generation} now={now} columns={<Columns list={t.columns} />} />
        </>
      ) : detail.state === 'loading' ? (
        <Skeleton lines={6} />
      ) : null}
      <section class="card" aria-label="First rows">
        <h2 class="card-title">
          First rows <small>{rows.state === 'ready' ? rows.value.row_count : ''}</small>
        </h2>
        {rows.state === 'failed' ? (
          <ErrorNote error={rows.error} retry={rows.reload} />
        ) : rows.state === 'loading' ? (
          <Skeleton lines={4} />
        ) : rows.value.rows.length === 0 ? (
          <p class="tile-empty">The table is empty</p>
        ) : (
          <div class="result-box">
            <ResultGrid result={rows.value} label={`First rows of ${name}`} />
          </div>
        )}
      </section>
      {t?.sql ? (
        <section class="card" aria-label="SQL">
          <details>
            <summary class="card-title">SQL</summary>
            <pre class="sql-view">{t.sql}</pre>
          </details>
        </section>
      ) : null}
    </main>
  );
}

function Columns({ list }: { list: TableDetail['columns'] }): JSX.Element {
  return (
    <section class="card" aria-label="Columns">
      <h2 class="card-title">
        Columns <small>{list.length}</small>
      </h2>
      <List heads={['Column', 'Type', 'Comment']}>
        {list.map((c) => (
          <tr>
            <th scope="row">
              <span class="mono">{c.name}</span>
              {c.in_key ? <small class="tag">key</small> : null}
              {c.nullable ? null : <small class="tag">not null</small>}
            </th>
            <td class="mono type" title={c.type}>
              {c.type}
            </td>
            <td class="comment">{c.comment ?? ''}</td>
          </tr>
        ))}
      </List>
    </section>
  );
}

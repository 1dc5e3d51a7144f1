import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import * as api from '../lib/api';
import type { TableInfo } from '../lib/api';
import { formatNumber } from '../lib/format';
import { useLoaded, useTitle } from '../lib/hooks';
import { formatAgo, formatInstant } from '../lib/time';
import { Icon } from '../shell/icons';
import { Empty, ErrorNote, Skeleton } from '../shell/notice';
import { href } from '../shell/route';
import type { Route } from '../shell/route';
import { ResultGrid } from './result';

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
    <TableList generation={generation} serverNow={serverNow} />
  );
}

function Time({ at, now }: { at: string | null; now: number }): JSX.Element {
  const ms = Date.parse(at ?? '');
  return Number.isNaN(ms) ? (
    <span class="null">–</span>
  ) : (
    <time dateTime={at ?? ''} title={formatInstant(ms)}>
      {formatAgo(ms, now)}
    </time>
  );
}

const LAYERS = ['gold', 'bronze', 'landing']; // what people ask comes first

const rowsText = (n: number | null): string => (n === null || n < 0 ? '–' : formatNumber(n));

function TableList({ generation, serverNow }: Omit<Props, 'route'>): JSX.Element {
  const loaded = useLoaded(() => api.tables(), [generation]);
  const [find, setFind] = useState('');
  const tables = loaded.state === 'ready' ? loaded.value.tables : (loaded.previous?.tables ?? null);
  const now = serverNow();
  if (loaded.state === 'failed')
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
  const wanted = find.trim().toLowerCase();
  const shown = tables.filter((t) => `${t.schema}.${t.name} ${t.comment ?? ''} ${t.domain ?? ''}`.toLowerCase().includes(wanted));
  const rank = (t: TableInfo): number => (LAYERS.includes(t.layer ?? '') ? LAYERS.indexOf(t.layer ?? '') : LAYERS.length);
  const schemas = [...new Set([...shown].sort((a, b) => rank(a) - rank(b)).map((t) => t.schema))];
  return (
    <main class="content" id="main" tabIndex={-1}>
      <div class="toolbar">
        <h1 class="page-title">
          Tables <small>{tables.length}</small>
        </h1>
        <label class="search">
          <Icon name="search" />
          <input type="search" placeholder="Find a table" aria-label="Find a table" value={find} onInput={(e) => setFind(e.currentTarget.value)} />
        </label>
      </div>
      {shown.length === 0 ? <Empty title="No table matches" /> : null}
      {schemas.map((schema) => (
        <section class="card" aria-label={schema}>
          <h2 class="card-title">{schema}</h2>
          <div class="list-scroll">
            <table class="list tables-list">
              <thead>
                <tr>
                  <th scope="col">Table</th>
                  <th scope="col" class="align-right">
                    Rows
                  </th>
                  <th scope="col">Newest event</th>
                  <th scope="col">Changed</th>
                  <th scope="col" class="wide-only">
                    Domain
                  </th>
                  <th scope="col" class="wide-only">
                    Comment
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown
                  .filter((t) => t.schema === schema)
                  .map((t) => (
                    <TableRow t={t} now={now} />
                  ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
    </main>
  );
}

function TableRow({ t, now }: { t: TableInfo; now: number }): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <a href={href('tables', `${t.schema}.${t.name}`)}>{t.name}</a>
        {t.is_view ? <small class="tag">view</small> : null}
      </th>
      <td class="align-right">{rowsText(t.rows)}</td>
      <td>
        <Time at={t.fresh_at} now={now} />
      </td>
      <td>
        <Time at={t.updated_at} now={now} />
      </td>
      <td class="wide-only">{t.domain ?? ''}</td>
      <td class="comment wide-only" title={t.comment ?? undefined}>
        {t.comment ?? ''}
      </td>
    </tr>
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
          <section class="card" aria-label="Columns">
            <h2 class="card-title">
              Columns <small>{t.columns.length}</small>
            </h2>
            <div class="list-scroll tall">
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">Column</th>
                    <th scope="col">Type</th>
                    <th scope="col">Comment</th>
                  </tr>
                </thead>
                <tbody>
                  {t.columns.map((c) => (
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
                </tbody>
              </table>
            </div>
          </section>
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

import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import * as api from '../lib/api';
import type { CheckResult, Finding, Run, Step } from '../lib/api';
import { formatBytes, formatNumber } from '../lib/format';
import { useLoaded, useTitle } from '../lib/hooks';
import { formatDuration } from '../lib/time';
import { toneOf } from '../dashboard/table';
import { List, Time, right } from '../shell/list';
import { ErrorNote, Skeleton } from '../shell/notice';
import { href } from '../shell/route';
import type { Route } from '../shell/route';
import { runId } from '../shell/state';
import type { ServerState } from '../shell/state';

export function State({ value }: { value: string }): JSX.Element {
  const tone = toneOf(value, 'string');
  return <span class={tone ? `state state-${tone}` : undefined}>{value.toLowerCase()}</span>;
}

const count = (n: number | null): string => (n === null || n === undefined ? '–' : formatNumber(n));

function took(start: string | null, end: string | null, now: number): number | null {
  const a = Date.parse(start ?? '');
  const b = end ? Date.parse(end) : now;
  return Number.isNaN(a) || Number.isNaN(b) ? null : Math.max(0, b - a);
}

export function RunsPage({ route, server }: { route: Route; server: ServerState }): JSX.Element {
  const { status, generation, progress, serverNow } = server;
  useTitle('Runs and findings');
  const runs = useLoaded(() => api.runs(30), [generation, progress?.id]);
  const list = runs.state === 'ready' ? runs.value.runs : (runs.previous?.runs ?? []);
  const chosen = route.parts[1] ?? String(progress?.id ?? runId(list[0] ?? null) ?? '');
  const rejected = (status?.tables ?? []).filter((t) => (t.quarantined ?? 0) > 0);
  const now = serverNow();
  return (
    <main class="content" id="main" tabIndex={-1}>
      <div class="toolbar">
        <h1 class="page-title">Runs and findings</h1>
      </div>
      {runs.state === 'failed' ? <ErrorNote error={runs.error} retry={runs.reload} /> : null}
      <div class="split">
        <section class="card" aria-label="Runs">
          <h2 class="card-title">
            Runs <small>{list.length}</small>
          </h2>
          {runs.state === 'loading' && !list.length ? <Skeleton lines={4} /> : <RunList runs={list} chosen={chosen} now={now} />}
        </section>
        <section class="card" aria-label="Steps">
          {chosen ? <RunSteps key={chosen} id={chosen} server={server} /> : <p class="tile-empty">No run yet</p>}
        </section>
      </div>
      <section class="card" aria-label="Findings">
        <h2 class="card-title">
          Findings <small>{status?.findings_open ?? '–'}</small>
        </h2>
        <Findings list={status?.findings ?? []} now={now} />
      </section>
      <div class="split even">
        <section class="card" aria-label="Quality checks">
          <h2 class="card-title">
            Quality checks <small>{status?.checks.length ?? '–'}</small>
          </h2>
          <Checks list={status?.checks ?? []} />
        </section>
        <section class="card" aria-label="Rejected rows">
          <h2 class="card-title">Rejected rows</h2>
          {rejected.length === 0 ? (
            <p class="tile-empty">No row was rejected</p>
          ) : (
            <List tall={false} heads={['Table', right('Rows in quarantine')]}>
              {rejected.map((t) => (
                <tr>
                  <th scope="row">
                    <a href={href('tables', `${t.schema}.${t.name}`)}>
                      {t.schema}.{t.name}
                    </a>
                  </th>
                  <td class="align-right">{count(t.quarantined ?? null)}</td>
                </tr>
              ))}
            </List>
          )}
          <h2 class="card-title">Sources</h2>
          <List tall={false} heads={['Source', 'Kind', right('Files'), right('Size')]}>
            {(status?.sources ?? []).map((s) => (
              <tr>
                <th scope="row" title={s.path}>
                  {s.name}
                </th>
                <td>{s.kind.replaceAll('_', ' ')}</td>
                <td class="align-right">{count(s.files)}</td>
                <td class="align-right">{s.bytes === null ? '–' : formatBytes(s.bytes)}</td>
              </tr>
            ))}
          </List>
        </section>
      </div>
    </main>
  );
}

function RunList({ runs, chosen, now }: { runs: Run[]; chosen: string; now: number }): JSX.Element {
  if (!runs.length) return <p class="tile-empty">No run yet</p>;
  return (
    <List heads={['Run', 'State', 'Started', right('Took')]}>
      {runs.map((r) => {
        const ms = took(r.started_at, r.ended_at, now);
        return (
          <tr aria-current={String(r.id) === chosen ? 'true' : undefined}>
            <th scope="row">
              <a href={href('runs', String(r.id))}>
                {r.kind} {r.id}
              </a>
            </th>
            <td>
              <State value={r.state} />
            </td>
            <td>
              <Time at={r.started_at ?? r.created_at} now={now} />
            </td>
            <td class="align-right">{ms === null ? '–' : formatDuration(ms)}</td>
          </tr>
        );
      })}
    </List>
  );
}

const SHARE = (
  <th scope="col" class="bar-cell">
    <span class="visually-hidden">Share of the longest step</span>
  </th>
);

function RunSteps({ id, server }: { id: string; server: ServerState }): JSX.Element {
  const live = server.progress !== null && String(server.progress.id) === id;
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => setTick((t) => t + 1), 1000);
    return () => clearInterval(timer);
  }, [live]);
  const loaded = useLoaded(() => api.run(id), [id, live ? tick : 'ended', server.generation]);
  const run = loaded.state === 'ready' ? loaded.value : loaded.previous;
  const now = server.serverNow();
  if (loaded.state === 'failed') return <ErrorNote error={loaded.error} retry={loaded.reload} />;
  if (!run) return <Skeleton lines={5} />;
  const longest = Math.max(1, ...run.steps.map((s) => took(s.started_at, s.ended_at, now) ?? 0));
  return (
    <>
      <h2 class="card-title">
        {run.kind} {run.id} <State value={run.state} />
        {live && server.canRefresh ? (
          <button type="button" class="button small" onClick={() => void api.cancelRun(id).catch(() => undefined)}>
            Cancel
          </button>
        ) : null}
      </h2>
      {run.error ? <ErrorNote error={new Error(run.error)} /> : null}
      {run.steps.length === 0 ? (
        <p class="tile-empty">No step has started</p>
      ) : (
        <List class="steps" heads={['Step', 'State', right('Rows in'), right('Changed'), right('Rejected'), right('Took'), SHARE]}>
          {run.steps.map((s) => (
            <StepRow s={s} longest={longest} now={now} />
          ))}
        </List>
      )}
    </>
  );
}

function StepRow({ s, longest, now }: { s: Step; longest: number; now: number }): JSX.Element {
  const ms = took(s.started_at, s.ended_at, now);
  return (
    <>
      <tr>
        <th scope="row">{s.name}</th>
        <td>
          <State value={s.state} />
        </td>
        <td class="align-right">{count(s.rows_in)}</td>
        <td class="align-right">{count(s.rows_changed)}</td>
        <td class={`align-right${(s.rows_rejected ?? 0) > 0 ? ' text-warn' : ''}`}>{count(s.rows_rejected)}</td>
        <td class="align-right">{ms === null ? '–' : formatDuration(ms)}</td>
        <td class="bar-cell">
          <i style={{ width: `${(((ms ?? 0) / longest) * 100).toFixed(1)}%` }} />
        </td>
      </tr>
      {s.error ? (
        <tr class="step-error">
          <td colSpan={7}>{s.error}</td>
        </tr>
      ) : null}
    </>
  );
}

function Findings({ list, now }: { list: Finding[]; now: number }): JSX.Element {
  if (!list.length) return <p class="tile-empty">Nothing was found: every file was read, every table fits</p>;
  return (
    <List heads={['Severity', 'What', 'Where', 'Finding', right('When')]}>
      {list.map((f) => (
        <tr>
          <td>
            <State value={f.severity} />
          </td>
          <td>{f.kind.replaceAll('_', ' ')}</td>
          <td class="where" title={[f.source, f.table, f.file].filter(Boolean).join(' · ')}>
            {[f.table, f.file].filter(Boolean).join(' · ') || (f.source ?? '')}
          </td>
          <td class="finding">{f.text}</td>
          <td class="align-right">
            <Time at={f.at} now={now} />
          </td>
        </tr>
      ))}
    </List>
  );
}

function Checks({ list }: { list: CheckResult[] }): JSX.Element {
  if (!list.length) return <p class="tile-empty">No check has run</p>;
  const sorted = [...list].sort(
    (a, b) => b.failed_rows - a.failed_rows || (a.table < b.table ? -1 : a.table > b.table ? 1 : a.name < b.name ? -1 : 1),
  );
  return (
    <List heads={['Check', 'Table', 'Kind', right('Failed rows')]}>
      {sorted.map((c) => (
        <tr>
          <th scope="row">{c.name}</th>
          <td>{c.table}</td>
          <td>{c.criticality}</td>
          <td class={`align-right${c.failed_rows > 0 ? (c.criticality === 'error' ? ' text-bad' : ' text-warn') : ''}`}>
            {count(c.failed_rows)}
          </td>
        </tr>
      ))}
    </List>
  );
}

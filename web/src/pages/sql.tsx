import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import * as api from '../lib/api';
import { ApiError } from '../lib/api';
import { download, toCsv } from '../lib/csv';
import { useTitle } from '../lib/hooks';
import { formatNumber } from '../lib/format';
import { formatDuration } from '../lib/time';
import { ErrorNote } from '../shell/notice';
import { replaceQuery } from '../shell/route';
import type { Route } from '../shell/route';
import { ResultGrid } from './result';

const FIRST = 'SELECT execution_status, COUNT(*) AS statements, percentile(total_duration_ms, 0.95) AS p95_ms\nFROM system_gold.fact_query_history\nGROUP BY execution_status\nORDER BY execution_status';
const DRAFT = 'secchi.sql';
const LIMITS = [100, 1000, 10_000];

/** "line 3, column 5", "3:5" or "file.sql:3:5" as offset into the text; null when there is no position. */
export function positionIn(sql: string, where: string | null): number | null {
  const m = /line (\d+)(?:,? column (\d+))?/i.exec(where ?? '') ?? /(?:^|[^\d])(\d+):(\d+)/.exec(where ?? '');
  if (!m?.[1]) return null;
  const lines = sql.split('\n');
  const line = Number(m[1]);
  if (line < 1 || line > lines.length) return null;
  const before = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
  return Math.min(sql.length, before + Math.max(0, Number(m[2] ?? 1) - 1));
}

export function SqlPage({ route }: { route: Route }): JSX.Element {
  useTitle('SQL');
  const given = route.query.get('q');
  const [sql, setSql] = useState(given ?? sessionStorage.getItem(DRAFT) ?? FIRST);
  const [limit, setLimit] = useState(1000);
  const [running, setRunning] = useState<AbortController | null>(null);
  const [result, setResult] = useState<api.Envelope | null>(null);
  const [error, setError] = useState<unknown>(null);
  const editor = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (given !== null) setSql(given);
  }, [given]);
  useEffect(() => sessionStorage.setItem(DRAFT, sql), [sql]);
  useEffect(() => () => running?.abort(), []);

  const run = async (): Promise<void> => {
    if (running || !sql.trim()) return;
    const controller = new AbortController();
    setRunning(controller);
    setError(null);
    if (given !== null) replaceQuery(route, { q: null });
    try {
      setResult(await api.query(sql, limit, controller.signal));
    } catch (e) {
      setResult(null);
      setError(controller.signal.aborted ? new ApiError(0, 'the query was cancelled') : e);
    } finally {
      setRunning(null);
    }
  };
  const at = error instanceof ApiError ? positionIn(sql, error.where) : null;
  const goTo = (): void => {
    const box = editor.current;
    if (!box || at === null) return;
    const end = /[\s,;()]/.exec(sql.slice(at))?.index ?? sql.length - at;
    box.focus();
    box.setSelectionRange(at, at + Math.max(1, end));
  };
  return (
    <main class="content" id="main" tabIndex={-1}>
      <div class="toolbar"><h1 class="page-title">SQL</h1><p class="toolbar-note">Databricks SQL, one SELECT</p></div>
      <section class="card sql-card" aria-label="Query">
        <textarea ref={editor} class="sql-editor" aria-label="SQL" aria-invalid={error !== null} spellcheck={false} autocapitalize="off" rows={Math.min(16, Math.max(6, sql.split('\n').length + 1))} value={sql} onInput={(e) => setSql(e.currentTarget.value)}
          onKeyDown={(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); void run(); } }} />
        <div class="sql-actions">
          <button type="button" class="button primary" disabled={running !== null || !sql.trim()} onClick={() => void run()}>Run</button>
          {running ? <button type="button" class="button" onClick={() => running.abort()}>Cancel</button> : null}
          <label class="control">Rows<select value={String(limit)} onChange={(e) => setLimit(Number(e.currentTarget.value))}>{LIMITS.map((n) => <option value={n}>{formatNumber(n)}</option>)}</select></label>
          <span class="sql-hint">Ctrl Enter runs</span>
          <span class="sql-summary" role="status">
            {running ? 'Running…' : result ? `${formatNumber(result.row_count)} ${result.row_count === 1 ? 'row' : 'rows'} in ${formatDuration(result.elapsed_ms)}${result.truncated ? `, cut at ${formatNumber(limit)}` : ''}` : ''}
          </span>
          {result ? <button type="button" class="button" onClick={() => download('result.csv', toCsv(result.columns.map((c) => c.name), result.rows))}>Download CSV</button> : null}
        </div>
      </section>
      {error ? (
        <div class="card">
          <ErrorNote error={error} />
          {at !== null ? <button type="button" class="button small" onClick={goTo}>Go to the place</button> : null}
        </div>
      ) : null}
      {result ? (
        <section class="card" aria-label="Result">
          {result.rows.length ? <div class="result-box tall"><ResultGrid key={result.elapsed_ms} result={result} label="Result" numbered /></div> : <p class="tile-empty">The query gave no rows</p>}
        </section>
      ) : null}
    </main>
  );
}

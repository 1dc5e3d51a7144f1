/** How the newest refresh stands, for the head of a dashboard: which step is at work, or how the last one ended. */
import type { JSX } from 'preact';
import { State } from '../pages/runs';
import { formatAgo, formatDuration, formatInstant } from '../lib/time';
import { runId } from './state';
import { href } from './route';
import type { ServerState } from './state';

export function RefreshNote({ server }: { server: ServerState }): JSX.Element | null {
  const { progress, status } = server;
  const last = status?.last_run ?? null;
  if (progress) {
    const steps = progress.total > 0 ? `${Math.min(progress.done + 1, progress.total)} of ${progress.total}` : '';
    return (
      <a class="toolbar-note refresh-note" href={href('runs', String(progress.id))}>
        <State value="running" /> step {steps} {progress.step ? <span class="mono">{progress.step}</span> : null}
      </a>
    );
  }
  if (!last) return <span class="toolbar-note refresh-note">{status ? 'Never refreshed' : ''}</span>;
  const ended = Date.parse(last.ended_at ?? '');
  const took = ended - Date.parse(last.started_at ?? '');
  return (
    <a class="toolbar-note refresh-note" href={href('runs', String(runId(last) ?? ''))} title={Number.isNaN(ended) ? undefined : formatInstant(ended)}>
      Refresh <State value={last.state} />
      {Number.isNaN(ended) ? null : ` ${formatAgo(ended, server.serverNow())}`}
      {Number.isNaN(took) ? null : `, took ${formatDuration(Math.max(0, took))}`}
    </a>
  );
}

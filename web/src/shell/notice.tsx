import type { ComponentChildren, JSX } from 'preact';
import { ApiError } from '../lib/api';

/** What went wrong in one line, where, and what to do. */
export function ErrorNote({ error, retry, title }: { error: unknown; retry?: (() => void) | undefined; title?: string }): JSX.Element {
  const api = error instanceof ApiError ? error : null;
  const what = error instanceof Error ? error.message : String(error);
  return (
    <div class="error-note" role="alert">
      <p class="error-what">{title ? <strong>{title} </strong> : null}{what}</p>
      {api?.where ? <p class="error-where"><code>{api.where}</code></p> : null}
      {api?.hint ? <p class="error-hint">{api.hint}</p> : null}
      {retry ? <button type="button" class="button small" onClick={retry}>Try again</button> : null}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Skeleton({ lines = 3 }: { lines?: number }): JSX.Element {
  return <div class="skeleton" aria-hidden="true">{Array.from({ length: lines }, () => <i />)}</div>;
}

/** What the shell knows of the server: health, role, status, the refresh that runs. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import * as api from '../lib/api';
import { usePolling } from '../lib/hooks';
import { MINUTE } from '../lib/time';

export interface Progress {
  id: string | number;
  done: number;
  total: number;
  step: string | null;
  fraction: number | null; // 0..1 of the whole run, null: not known
}

export interface ServerState {
  health: api.Health | null; // null: not asked yet
  status: api.Status | null;
  statusError: unknown;
  role: string | null;
  progress: Progress | null;
  refreshError: unknown;
  generation: string; // changes when a refresh ended
  newest: number | null;
  serverNow: () => number;
  refresh: () => void;
  reload: () => void;
  canRefresh: boolean;
}

export function runId(r: { id?: string | number; run_id?: string | number } | null): string | number | null {
  return r ? (r.id ?? r.run_id ?? null) : null;
}

const num = (v: unknown): number | null => (typeof v === 'number' && Number.isFinite(v) ? v : null);

/** Events of a run: {done, total, name, fraction}; fields that are absent leave what was known. */
export function nextProgress(old: Progress, event: unknown): Progress {
  if (typeof event !== 'object' || event === null) return old;
  const e = event as Record<string, unknown>;
  const done = num(e['done']) ?? old.done;
  const total = num(e['total']) ?? old.total;
  const inStep = num(e['fraction']);
  const step = typeof e['name'] === 'string' ? e['name'] : typeof e['step'] === 'string' ? e['step'] : old.step;
  const fraction = total > 0 ? Math.min(1, (done + (inStep !== null && inStep > 0 && inStep < 1 ? inStep : 0)) / total) : null;
  return { ...old, done, total, step, fraction };
}

const NEVER: api.Health = { status: 'unknown' };

export function useServer(): ServerState {
  const [health, setHealth] = useState<api.Health | null>(null);
  const [status, setStatus] = useState<api.Status | null>(null);
  const [statusError, setStatusError] = useState<unknown>(null);
  const [role, setRole] = useState<string | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [refreshError, setRefreshError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  const offset = useRef(0);
  const watched = useRef<string | number | null>(null);

  const reload = useCallback(() => setTurn((t) => t + 1), []);

  const loadStatus = useCallback(() => {
    api.status().then((s) => {
      setStatus(s);
      setStatusError(null);
      const id = runId(s.running);
      if (id !== null) watch(id);
    }, setStatusError);
  }, []);

  const watch = useCallback((id: string | number) => {
    if (watched.current === id) return;
    watched.current = id;
    setProgress({ id, done: 0, total: 0, step: null, fraction: null });
    const ended = (): void => {
      watched.current = null;
      setProgress(null);
      loadStatus();
    };
    api.runEvents(id, (e) => setProgress((p) => (p && p.id === id ? nextProgress(p, e) : p)), new AbortController().signal).then(ended, ended);
  }, []);

  usePolling(() => {
    api.health().then((h) => {
      const t = Date.parse(h.timestamp ?? '');
      // Small differences are the network; a large one is a server whose clock is set (--as-of).
      offset.current = Number.isNaN(t) || Math.abs(t - Date.now()) < 2 * MINUTE ? 0 : t - Date.now();
      setHealth(h);
    }, () => setHealth(NEVER));
    loadStatus();
  }, 20_000, [turn]);

  useEffect(() => {
    api.whoami().then((w) => setRole(w.role ?? null), () => setRole(null));
  }, [turn]);

  const refresh = useCallback(() => {
    setRefreshError(null);
    api.startRefresh().then((r) => watch(r.run_id), (e: unknown) => {
      setRefreshError(e);
      loadStatus();
    });
  }, []);

  const serverNow = useCallback(() => Date.now() + offset.current, []);
  const fresh = (status?.tables ?? []).map((t) => Date.parse(t.fresh_at ?? '')).filter((t) => !Number.isNaN(t));
  const last = status?.last_run ?? null;
  return {
    health, status, statusError, role, progress, refreshError, reload, refresh, serverNow,
    generation: `${runId(last) ?? ''}/${last?.ended_at ?? ''}`,
    newest: fresh.length ? Math.max(...fresh) : null,
    canRefresh: role === 'operator' || role === 'administrator' || role === 'admin',
  };
}

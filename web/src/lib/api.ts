/** The HTTP API of secchi: one function a route that the page uses. */

export interface Column {
  name: string;
  type: string;
}

export interface Envelope {
  columns: Column[];
  rows: unknown[][];
  row_count: number;
  truncated: boolean;
  elapsed_ms: number;
}

export interface DatasetResult extends Envelope {
  sql: string;
  fresh_at: string | null;
  dataset: string;
}

export interface Health {
  status: 'healthy' | 'degraded' | 'unhealthy' | 'unknown';
  version?: string;
  timestamp?: string;
  uptime_s?: number;
  engine?: { status?: string; version?: string };
  state_store?: { status?: string };
}

export interface TableInfo {
  schema: string;
  name: string;
  layer: string | null;
  domain: string | null;
  comment: string | null;
  is_view: boolean;
  rows: number | null;
  fresh_at: string | null;
  updated_at: string | null;
}

/** The newest step that filled a table. */
export interface TableStep {
  run_id: number;
  state: string;
  started_at: string | null;
  ended_at: string | null;
  duration_s: number | null;
  rows_in: number | null;
  rows_changed: number | null;
  rows_rejected: number | null;
  error: string | null;
}

export interface TableHealth extends TableInfo {
  quarantined: number;
  findings: number;
  loaded_at: string | null;
  step: TableStep | null;
}

export interface TableStatus extends TableHealth {
  open_findings: Omit<Finding, 'table'>[];
  quarantine: { reason: string | null; rows: number; samples: { rejected_at: string | null; source: string | null; file: string | null; place: number; row: string | null }[] }[];
  steps: (TableStep & { seq: number })[];
}

export interface ColumnInfo {
  name: string;
  type: string;
  comment: string | null;
  nullable: boolean;
  in_key: boolean;
}

export interface TableDetail extends TableInfo {
  columns: ColumnInfo[];
  sql?: string | null;
}

export interface Run {
  id: string | number;
  kind: string;
  state: string;
  requested_by: string | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  error: string | null;
}

export interface Step {
  seq: number;
  name: string;
  state: string;
  started_at: string | null;
  ended_at: string | null;
  rows_in: number | null;
  rows_changed: number | null;
  rows_rejected: number | null;
  error: string | null;
}

export interface Finding {
  run_id: string | number | null;
  at: string | null;
  kind: string;
  severity: string;
  source: string | null;
  table: string | null;
  file: string | null;
  text: string;
}

export interface CheckResult {
  table: string;
  name: string;
  criticality: string;
  failed_rows: number;
  at: string | null;
}

export interface Source {
  name: string;
  kind: string;
  path: string;
  files: number | null;
  bytes: number | null;
}

export interface Status {
  home?: string;
  version?: string;
  last_run: (Run & { run_id?: string | number }) | null;
  running: (Run & { run_id?: string | number }) | null;
  tables: TableHealth[];
  sources: Source[];
  findings_open: number;
  findings: Finding[];
  checks: CheckResult[];
}

export interface DashboardInfo {
  name: string;
  title: string | null;
  pack: string | null;
}

/** An answer that is not 2xx, or none at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly what: string,
    readonly where: string | null = null,
    readonly hint: string | null = null,
    readonly kind: string | null = null,
  ) {
    super(what);
  }
}

const TOKEN_KEY = 'secchi.token';
let onUnauthorized: () => void = () => undefined;

export function setUnauthorizedHandler(f: () => void): void {
  onUnauthorized = f;
}

export function token(): string | null {
  return sessionStorage.getItem(TOKEN_KEY);
}

export function setToken(value: string | null): void {
  if (value) sessionStorage.setItem(TOKEN_KEY, value);
  else sessionStorage.removeItem(TOKEN_KEY);
}

function headers(body: boolean): Headers {
  const h = new Headers({ Accept: 'application/json' });
  if (body) h.set('Content-Type', 'application/json');
  const t = token();
  if (t) h.set('Authorization', `Bearer ${t}`);
  return h;
}

async function failure(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON: the status says it all.
  }
  const e = (body as { error?: { kind?: string; what?: string; where?: string; hint?: string } } | null)?.error;
  return new ApiError(response.status, e?.what ?? `${response.status} ${response.statusText}`, e?.where ?? null, e?.hint ?? null, e?.kind ?? null);
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: headers(body !== undefined),
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      cache: 'no-store',
    });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new ApiError(0, 'the server does not answer', null, 'is "secchi serve" running?');
  }
  if (response.status === 401) onUnauthorized();
  return response;
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  if (!response.ok) throw await failure(response);
  return (await response.json()) as T;
}

const at = (s: string): string => encodeURIComponent(s);

/** /health answers 503 with a body when it is unhealthy: that is an answer, not a failure. */
export async function health(): Promise<Health> {
  const response = await send('GET', '/health');
  try {
    return (await response.json()) as Health;
  } catch {
    throw new ApiError(response.status, `${response.status} ${response.statusText}`);
  }
}

export const whoami = (): Promise<{ user?: string; role?: string }> => json('GET', '/api/v1/whoami');
export const status = (): Promise<Status> => json('GET', '/api/v1/status');
export const tables = (): Promise<{ tables: TableInfo[] }> => json('GET', '/api/v1/tables');
export const table = (name: string): Promise<TableDetail> => json('GET', `/api/v1/tables/${at(name)}`);
export const tableStatus = (name: string): Promise<TableStatus> => json('GET', `/api/v1/tables/${at(name)}/status`);
export const tableRows = (name: string, limit: number): Promise<Envelope> => json('GET', `/api/v1/tables/${at(name)}/rows?limit=${limit}`);
export const dashboards = (): Promise<{ dashboards: DashboardInfo[] }> => json('GET', '/api/v1/dashboards');
export const dashboard = (name: string): Promise<unknown> => json('GET', `/api/v1/dashboards/${at(name)}`);
export const runs = (limit: number): Promise<{ runs: Run[] }> => json('GET', `/api/v1/runs?limit=${limit}`);
export const run = (id: string | number): Promise<Run & { steps: Step[] }> => json('GET', `/api/v1/runs/${at(String(id))}`);
export const startRefresh = (): Promise<{ run_id: string | number }> => json('POST', '/api/v1/runs', { kind: 'refresh' });
export const cancelRun = (id: string | number): Promise<unknown> => json('DELETE', `/api/v1/runs/${at(String(id))}`);

export function datasetRows(dashboardName: string, dataset: string, parameters: unknown, signal: AbortSignal): Promise<DatasetResult> {
  return json('POST', `/api/v1/dashboards/${at(dashboardName)}/datasets/${at(dataset)}`, { parameters }, signal);
}

export function query(sql: string, maxRows: number, signal: AbortSignal): Promise<Envelope> {
  return json('POST', '/api/v1/query', { sql, max_rows: maxRows }, signal);
}

/** Events of a run (server-sent events by fetch: EventSource cannot send a token). Ends when the run ended. */
export async function runEvents(id: string | number, onEvent: (data: unknown) => void, signal: AbortSignal): Promise<void> {
  const response = await send('GET', `/api/v1/runs/${at(String(id))}/events?after=0`, undefined, signal);
  if (!response.ok || !response.body) throw await failure(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value.replaceAll('\r\n', '\n');
    const messages = rest.split('\n\n');
    rest = messages.pop() ?? '';
    for (const m of messages) {
      const data = m.split('\n').filter((l) => l.startsWith('data:')).map((l) => l.slice(5).trimStart()).join('\n');
      if (!data) continue;
      try {
        onEvent(JSON.parse(data));
      } catch (e) {
        if (!(e instanceof SyntaxError)) throw e;
      }
    }
  }
}

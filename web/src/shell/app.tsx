import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { DashboardPage } from '../dashboard/dashboard';
import * as api from '../lib/api';
import { useLoaded } from '../lib/hooks';
import { DAY, HOUR, formatAge, formatAgo, formatInstant } from '../lib/time';
import { RunsPage } from '../pages/runs';
import { SqlPage } from '../pages/sql';
import { TablesPage } from '../pages/tables';
import { Disk, Icon } from './icons';
import { Menu } from './menu';
import { RefreshNote } from './refresh';
import { Empty, ErrorNote, Skeleton } from './notice';
import { href, useRoute } from './route';
import type { Route } from './route';
import { runId, useServer } from './state';
import type { ServerState } from './state';
import { setTheme, themeChoice } from './theme';
import type { ThemeChoice } from './theme';

export function App(): JSX.Element {
  const route = useRoute();
  const server = useServer();
  const [locked, setLocked] = useState(false);
  useEffect(() => api.setUnauthorizedHandler(() => setLocked(true)), []);
  const unlock = (): void => {
    setLocked(false);
    server.reload();
  };
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Header route={route} server={server} locked={locked} />
      {locked ? <TokenForm unlock={unlock} /> : <Content route={route} server={server} />}
    </>
  );
}

function Content({ route, server }: { route: Route; server: ServerState }): JSX.Element {
  const { status, statusError, progress } = server;
  const section = route.parts[0] ?? 'dashboards';
  if (!status) {
    if (statusError)
      return (
        <main class="content" id="main" tabIndex={-1}>
          <ErrorNote error={statusError} retry={server.reload} />
        </main>
      );
    return (
      <main class="content" id="main" tabIndex={-1}>
        <Skeleton lines={5} />
      </main>
    );
  }
  const empty = !status.last_run && !status.running && !status.tables.some((t) => (t.rows ?? 0) > 0);
  return (
    <>
      <Notices server={server} />
      {section === 'runs' ? (
        <RunsPage route={route} server={server} />
      ) : section === 'sql' ? (
        <SqlPage route={route} />
      ) : empty && !progress ? (
        <FirstRun />
      ) : section === 'tables' ? (
        <TablesPage route={route} generation={server.generation} serverNow={server.serverNow} />
      ) : (
        <Dashboards route={route} server={server} />
      )}
    </>
  );
}

function FirstRun(): JSX.Element {
  return (
    <main class="content" id="main" tabIndex={-1}>
      <Empty title="No data yet">
        <p>Point secchi at a folder of Spark event logs or of Delta, Parquet, JSON or CSV tables:</p>
        <pre class="command">secchi setup --source DIR</pre>
        <p>This page shows the progress, and the dashboard when the first load has ended.</p>
      </Empty>
    </main>
  );
}

function Dashboards({ route, server }: { route: Route; server: ServerState }): JSX.Element {
  const list = useLoaded(() => api.dashboards(), []);
  if (list.state === 'failed')
    return (
      <main class="content" id="main" tabIndex={-1}>
        <ErrorNote error={list.error} retry={list.reload} />
      </main>
    );
  if (list.state === 'loading')
    return (
      <main class="content" id="main" tabIndex={-1}>
        <Skeleton lines={5} />
      </main>
    );
  const all = list.value.dashboards;
  const wanted = route.parts[1];
  const chosen = wanted ? all.find((d) => d.name === wanted) : (all.find((d) => d.name === 'health') ?? all[0]);
  if (!chosen) {
    return (
      <main class="content" id="main" tabIndex={-1}>
        <Empty title={wanted ? `There is no dashboard "${wanted}"` : 'No dashboards'}>
          <p>
            A <code>.lvdash.json</code> file in a pack's folder <code>dashboards/</code> appears here.
          </p>
        </Empty>
      </main>
    );
  }
  return (
    <DashboardPage
      name={chosen.name}
      title={chosen.title ?? chosen.name}
      route={route.parts.length ? route : { ...route, parts: ['dashboards', chosen.name] }}
      generation={server.generation}
      newest={server.newest}
      serverNow={server.serverNow}
      note={<RefreshNote server={server} />}
    />
  );
}

/* ---------------------------------------------------------------- header */

function Header({ route, server, locked }: { route: Route; server: ServerState; locked: boolean }): JSX.Element {
  const section = route.parts[0] ?? 'dashboards';
  const link = (to: string, label: string): JSX.Element => (
    <a href={href(to)} class="nav-link" aria-current={section === to ? 'page' : undefined}>
      {label}
    </a>
  );
  return (
    <header class="header">
      <a class="brand" href="#/" aria-label="secchi, home">
        <Disk />
        <span>secchi</span>
      </a>
      <nav class="nav" aria-label="Main">
        {locked ? null : <DashboardMenu current={section === 'dashboards'} chosen={route.parts[1] ?? null} />}
        {link('tables', 'Tables')}
        {link('runs', 'Runs')}
        {link('sql', 'SQL')}
      </nav>
      <div class="header-right">
        {locked ? null : <RefreshState server={server} />}
        <HealthDot server={server} />
        <ThemeToggle />
      </div>
      {server.progress ? <ProgressBar fraction={server.progress.fraction} /> : null}
    </header>
  );
}

function DashboardMenu({ current, chosen }: { current: boolean; chosen: string | null }): JSX.Element {
  const list = useLoaded(() => api.dashboards(), []);
  const all = list.state === 'ready' ? list.value.dashboards : [];
  if (all.length < 2)
    return (
      <a href="#/" class="nav-link" aria-current={current ? 'page' : undefined}>
        Dashboard
      </a>
    );
  return (
    <Menu
      className="nav-link"
      current={current}
      button={
        <>
          Dashboards
          <Icon name="down" />
        </>
      }
    >
      {(close) =>
        all.map((d) => (
          <a role="menuitem" class="choice" aria-current={d.name === chosen ? 'page' : undefined} href={href('dashboards', d.name)} onClick={close}>
            {d.title ?? d.name}
            {d.pack ? <small>{d.pack}</small> : null}
          </a>
        ))
      }
    </Menu>
  );
}

const HEALTH_TEXT = { healthy: 'Healthy', degraded: 'Degraded', unhealthy: 'Unhealthy', unknown: 'Unknown' };

function HealthDot({ server }: { server: ServerState }): JSX.Element {
  const h = server.health;
  const state = h && h.status in HEALTH_TEXT ? h.status : 'unknown';
  const label = h ? HEALTH_TEXT[state] : 'Asking…';
  const detail = [
    h?.version ? `secchi ${h.version}` : '',
    h?.engine?.status ? `engine ${h.engine.status}` : '',
    h?.state_store?.status ? `state store ${h.state_store.status}` : '',
    h?.uptime_s !== undefined ? `up ${formatAge(h.uptime_s * 1000)}` : '',
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <span class={`health health-${state}`} role="status" title={detail || undefined}>
      <i aria-hidden="true" />
      <span>{label}</span>
    </span>
  );
}

function RefreshState({ server }: { server: ServerState }): JSX.Element {
  const { progress, status } = server;
  const last = status?.last_run ?? null;
  const ended = Date.parse(last?.ended_at ?? '');
  const percent = progress?.fraction === null || progress?.fraction === undefined ? null : Math.floor(progress.fraction * 100);
  const text = progress
    ? `Refreshing${percent === null ? '…' : ` ${percent} %`}`
    : !last
      ? 'Never refreshed'
      : last.state.toLowerCase().startsWith('fail')
        ? 'Last refresh failed'
        : Number.isNaN(ended)
          ? ''
          : `Refreshed ${formatAgo(ended, server.serverNow())}`;
  const title = progress?.step ?? (Number.isNaN(ended) ? undefined : formatInstant(ended));
  return (
    <div class="refresh">
      <a href="#/runs" class="refresh-text" title={title} aria-live="polite">
        {text}
      </a>
      {server.canRefresh ? (
        <button type="button" class="button" disabled={progress !== null} onClick={server.refresh}>
          <span class={progress ? 'spin' : undefined}>
            <Icon name="refresh" />
          </span>
          <span class="button-text">Refresh</span>
        </button>
      ) : null}
    </div>
  );
}

function ProgressBar({ fraction }: { fraction: number | null }): JSX.Element {
  const percent = fraction === null ? undefined : Math.floor(fraction * 100);
  return (
    <div class="progress" role="progressbar" aria-label="Refresh" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <i
        class={fraction === null ? 'indeterminate' : undefined}
        style={fraction === null ? undefined : { width: `${(fraction * 100).toFixed(1)}%` }}
      />
    </div>
  );
}

const NEXT: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICON: Record<ThemeChoice, string> = { system: 'auto', light: 'sun', dark: 'moon' };
const THEME_TEXT: Record<ThemeChoice, string> = { system: 'as the system', light: 'light', dark: 'dark' };

function ThemeToggle(): JSX.Element {
  const [choice, set] = useState(themeChoice());
  const label = `Colours: ${THEME_TEXT[choice]}. Change to ${THEME_TEXT[NEXT[choice]]}`;
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      onClick={() => {
        setTheme(NEXT[choice]);
        set(NEXT[choice]);
      }}
    >
      <Icon name={THEME_ICON[choice]} />
    </button>
  );
}

/* ---------------------------------------------------------------- notices */

const STALE = 26 * HOUR; // a nightly refresh and some patience

function Notices({ server }: { server: ServerState }): JSX.Element | null {
  const { status, statusError, refreshError, progress, health } = server;
  const last = status?.last_run ?? null;
  const ended = Date.parse(last?.ended_at ?? '');
  const age = server.serverNow() - ended;
  const notes: JSX.Element[] = [];
  if (statusError)
    notes.push(
      <p class="notice bad" role="alert">
        <Icon name="warn" />
        The server does not answer. What is shown may be old.
      </p>,
    );
  if (refreshError)
    notes.push(
      <p class="notice bad" role="alert">
        <Icon name="warn" />
        The refresh did not start: {refreshError instanceof Error ? refreshError.message : String(refreshError)}
      </p>,
    );
  if (last && !progress && last.state.toLowerCase().startsWith('fail')) {
    notes.push(
      <p class="notice bad" role="alert">
        <Icon name="warn" />
        The last refresh failed{last.error ? `: ${last.error}` : ''}. What is shown is older.{' '}
        <a href={href('runs', String(runId(last) ?? ''))}>Steps of the run</a>
      </p>,
    );
  } else if (last && !progress && ['partial', 'interrupted', 'cancelled'].includes(last.state.toLowerCase())) {
    const what = last.state.toLowerCase() === 'partial' ? 'left some tables out' : `was ${last.state.toLowerCase()}`;
    notes.push(
      <p class="notice warn" role="alert">
        <Icon name="warn" />
        The last refresh {what}. Some of what is shown may be older. <a href={href('runs', String(runId(last) ?? ''))}>Steps of the run</a>
      </p>,
    );
  } else if (last && !progress && !Number.isNaN(ended) && age > STALE) {
    notes.push(
      <p class="notice warn">
        <Icon name="clock" />
        The last refresh ended {age > 2 * DAY ? formatAge(age) : `${Math.floor(age / HOUR)} h`} ago ({formatInstant(ended, false)}).
      </p>,
    );
  }
  if (health?.status === 'unhealthy')
    notes.push(
      <p class="notice bad" role="alert">
        <Icon name="warn" />
        The server reports that it is unhealthy.
      </p>,
    );
  return notes.length ? <div class="notices">{notes}</div> : null;
}

/* ---------------------------------------------------------------- token */

function TokenForm({ unlock }: { unlock: () => void }): JSX.Element {
  const [value, setValue] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    api.setToken(value.trim());
    try {
      await api.whoami();
      unlock();
    } catch (err) {
      api.setToken(null);
      setError(
        err instanceof api.ApiError && err.status === 401
          ? 'The server does not accept this token.'
          : err instanceof Error
            ? err.message
            : String(err),
      );
    }
  };
  return (
    <main class="content" id="main" tabIndex={-1}>
      <form class="token-form" onSubmit={(e) => void submit(e)}>
        <h2>A token is needed</h2>
        <p>
          This server answers only with a token. It was printed when the server started for the first time; an administrator can create more. It stays
          in this tab.
        </p>
        <label for="token">Token</label>
        <input id="token" type="password" autocomplete="off" required value={value} onInput={(e) => setValue(e.currentTarget.value)} />
        {error ? (
          <p class="field-error" role="alert">
            {error}
          </p>
        ) : null}
        <button type="submit" class="button primary" disabled={!value.trim()}>
          Continue
        </button>
      </form>
    </main>
  );
}

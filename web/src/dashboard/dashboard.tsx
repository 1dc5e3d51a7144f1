/** A dashboard file on the screen: its filters, the tabs of its pages, the grid of the page. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { loadCharts } from '../charts/chart';
import { dashboard as fetchDashboard } from '../lib/api';
import { useLoaded, useTitle, useWidth } from '../lib/hooks';
import { formatInstant, zoneName } from '../lib/time';
import type { Route } from '../shell/route';
import { replaceQuery } from '../shell/route';
import { ErrorNote, Skeleton } from '../shell/notice';
import { useDatasets } from './data';
import type { Entry } from './data';
import { FilterControl } from './filters';
import { GAP, ROW_HEIGHT, gridColumns, pixels, place, widthClass } from './layout';
import { isFilter, readDashboard } from './model';
import type { Dashboard, Page, Placed, Selection, Widget } from './model';
import {
  bindings,
  filtersOf,
  initialSelection,
  openingRange,
  parameterValues,
  rowFilters,
  selectionFromText,
  selectionOf,
  selectionToText,
} from './parameters';
import type { ParameterValue, Selections } from './parameters';
import { distinctValues } from './query';
import { Tile } from './tile';

interface Props {
  name: string;
  title: string;
  route: Route;
  generation: string; // changes when a refresh ended
  newest: number | null; // the newest event of the warehouse
  serverNow: () => number;
  note: JSX.Element; // beside the title: how the refresh stands
}

export function DashboardPage({ name, title, route, generation, newest, serverNow, note }: Props): JSX.Element {
  const file = useLoaded(async () => readDashboard(await fetchDashboard(name)), [name]);
  useEffect(() => {
    loadCharts().catch(() => undefined); // a chart that needs it reports the failure
  }, []);
  if (file.state === 'failed')
    return (
      <main class="content" id="main">
        <ErrorNote title={`Dashboard ${name}:`} error={file.error} retry={file.reload} />
      </main>
    );
  if (file.state === 'loading')
    return (
      <main class="content" id="main">
        <Skeleton lines={6} />
      </main>
    );
  return (
    <Canvas key={name} name={name} title={title} dashboard={file.value} route={route} generation={generation} newest={newest} serverNow={serverNow} note={note} />
  );
}

const FILTER_PREFIX = 'f.';

/** Selections of the address; where it says nothing, a date range opens on the newest data. */
function useSelections(dashboard: Dashboard, route: Route, newest: number | null, now: number): Selections {
  const text = route.query.toString();
  return useMemo(() => {
    const found: Record<string, Selection | null> = {};
    for (const w of dashboard.globalFilters.map((p) => p.widget).filter((p) => p.type === 'filter-date-range-picker')) {
      const opening = openingRange(initialSelection(w, dashboard), newest, now);
      if (opening) found[w.name] = opening;
    }
    for (const [k, v] of route.query) if (k.startsWith(FILTER_PREFIX)) found[k.slice(FILTER_PREFIX.length)] = selectionFromText(v);
    return found;
  }, [dashboard, text, newest]);
}

function Canvas({ name, title, dashboard, route, generation, newest, serverNow, note }: Props & { dashboard: Dashboard }): JSX.Element {
  const [attach, width] = useWidth();
  useTitle(title);
  const page: Page | undefined = dashboard.pages.find((p) => p.name === route.query.get('page')) ?? dashboard.pages[0];
  const opened = useMemo(serverNow, []);
  const selections = useSelections(dashboard, route, newest, opened);
  // One "now" for all datasets of a state of the page, so that counters and charts agree.
  const now = useMemo(serverNow, [selections, generation, page?.name]);
  const filters = useMemo(() => filtersOf(dashboard, page?.widgets ?? []), [dashboard, page]);
  const needed = useMemo(() => {
    const found = new Map<string, Record<string, ParameterValue>>();
    for (const w of [...dashboard.globalFilters, ...(page?.widgets ?? [])].map((p) => p.widget)) {
      for (const dataset of datasetsOf(w)) {
        const d = dashboard.datasets.get(dataset);
        if (d) found.set(dataset, parameterValues(d, filters, selections, dashboard, now));
      }
    }
    return found;
  }, [dashboard, page, filters, selections, now]);
  const data = useDatasets(name, needed, generation);
  const setSelection = (w: Widget, s: Selection | null): void => replaceQuery(route, { [FILTER_PREFIX + w.name]: s ? selectionToText(s) : 'v,' });

  const control = (w: Widget): JSX.Element => (
    <FilterControl
      widget={w}
      selection={selectionOf(w, selections, dashboard)}
      choices={choicesOf(w, dashboard, data.get)}
      now={now}
      onChange={(s) => setSelection(w, s)}
    />
  );
  const classOf = widthClass(width);
  const placed = place(page?.widgets ?? [], classOf);
  return (
    <main class="content" id="main">
      <div class="toolbar">
        <h1 class="page-title">{title}</h1>
        {newest !== null ? (
          <p class="toolbar-note" title={`Newest event: ${formatInstant(newest)}`}>
            Data up to {formatInstant(newest, false)} {zoneName(newest)}
          </p>
        ) : null}
        {note}
        <div class="filters" role="group" aria-label="Filters">
          {dashboard.globalFilters.map((p) =>
            isFilter(p.widget) ? control(p.widget) : <span class="toolbar-note">A filter of type {p.widget.type} is not supported</span>,
          )}
        </div>
      </div>
      {dashboard.pages.length > 1 ? (
        <Tabs pages={dashboard.pages} current={page?.name ?? ''} choose={(p) => replaceQuery(route, { page: p })} />
      ) : null}
      <div
        class={`canvas canvas-${classOf}`}
        ref={attach}
        style={{ '--columns': gridColumns(page?.widgets ?? [], classOf), '--row': `${ROW_HEIGHT}px`, '--gap': `${GAP}px` }}
      >
        {placed.map(({ item, at }) => (
          <div
            class="cell"
            key={item.widget.name}
            style={{
              gridColumn: `${at.x + 1} / span ${at.width}`,
              gridRow: `${at.y + 1} / span ${at.height}`,
              '--height': `${pixels(at.height)}px`,
            }}
          >
            {isFilter(item.widget) ? (
              <section class="tile tile-filter">{control(item.widget)}</section>
            ) : (
              <WidgetTile
                item={item}
                dashboard={dashboard}
                filters={filters}
                selections={selections}
                now={now}
                data={data}
                parameters={needed.get(item.widget.queries[0]?.dataset ?? '') ?? NONE}
              />
            )}
          </div>
        ))}
      </div>
      {placed.length === 0 ? <p class="tile-empty">This page of the dashboard has no widgets.</p> : null}
    </main>
  );
}

const NONE = {};

function WidgetTile({
  item,
  dashboard,
  filters,
  selections,
  now,
  data,
  parameters,
}: {
  item: Placed;
  parameters: Record<string, ParameterValue>;
  dashboard: Dashboard;
  filters: Widget[];
  selections: Selections;
  now: number;
  data: ReturnType<typeof useDatasets>;
}): JSX.Element {
  const dataset = item.widget.queries[0]?.dataset ?? '';
  const conditions = useMemo(() => rowFilters(dataset, filters, selections, dashboard, now), [dataset, filters, selections, dashboard, now]);
  return (
    <Tile
      widget={item.widget}
      dashboard={dashboard}
      entry={data.get(dataset)}
      filters={conditions}
      now={now}
      parameters={parameters}
      retry={() => data.retry(dataset)}
    />
  );
}

/** A filter needs the datasets that it takes its choices from, not those that it only sets a parameter of. */
function datasetsOf(w: Widget): string[] {
  if (!isFilter(w)) return w.queries.slice(0, 1).map((q) => q.dataset);
  if (w.type.includes('date')) return [];
  return bindings(w)
    .filter((b) => b.expression)
    .map((b) => b.dataset);
}

function choicesOf(w: Widget, dashboard: Dashboard, get: (dataset: string) => Entry | null): string[] | null {
  if (w.type.includes('date')) return null;
  const sources = bindings(w).filter((b) => b.expression);
  const found = new Set<string>();
  let any = false;
  for (const b of sources) {
    const dataset = dashboard.datasets.get(b.dataset);
    const table = get(b.dataset)?.value?.table;
    if (!dataset || !table || !b.expression) continue;
    any = true;
    try {
      for (const v of distinctValues(table, dataset, b.expression)) found.add(String(v));
    } catch {
      return null; // the control becomes a text field
    }
  }
  return any ? [...found] : null;
}

function Tabs({ pages, current, choose }: { pages: Page[]; current: string; choose: (name: string) => void }): JSX.Element {
  const [focus, setFocus] = useState<string | null>(null);
  const move = (e: KeyboardEvent, by: number): void => {
    e.preventDefault();
    const at = pages.findIndex((p) => p.name === (focus ?? current));
    const next = pages[(at + by + pages.length) % pages.length];
    if (!next) return;
    setFocus(next.name);
    choose(next.name);
    (e.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-page="${CSS.escape(next.name)}"]`)?.focus();
  };
  return (
    <div
      class="tabs"
      role="tablist"
      aria-label="Pages"
      onKeyDown={(e) => (e.key === 'ArrowRight' ? move(e, 1) : e.key === 'ArrowLeft' ? move(e, -1) : undefined)}
    >
      {pages.map((p) => (
        <button
          type="button"
          role="tab"
          data-page={p.name}
          class="tab"
          aria-selected={p.name === current}
          tabIndex={p.name === current ? 0 : -1}
          onClick={() => choose(p.name)}
        >
          {p.title}
        </button>
      ))}
    </div>
  );
}

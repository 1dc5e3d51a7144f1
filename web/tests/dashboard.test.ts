import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aligned, chartData, niceWidth, withHoles } from '../src/charts/data';
import type { Series } from '../src/charts/data';
import { describeResult } from '../src/dashboard/display';
import { pixels, place, widthClass } from '../src/dashboard/layout';
import { readColor, readDashboard, readSelection } from '../src/dashboard/model';
import type { Dashboard, Placed, Query, Widget } from '../src/dashboard/model';
import {
  bindings,
  inlineParameters,
  openingRange,
  parameterValues,
  rangeLabel,
  rowFilters,
  selectionFromText,
  selectionToText,
} from '../src/dashboard/parameters';
import { distinctValues, runQuery } from '../src/dashboard/query';
import { readTable } from '../src/dashboard/rows';
import { blocks, safeHref } from '../src/lib/markdown';
import { parseRoute } from '../src/shell/route';
import { nextProgress } from '../src/shell/state';
import { positionIn } from '../src/pages/sql';
import { sortTables } from '../src/pages/tables';
import type { TableHealth } from '../src/lib/api';
import { toCsv } from '../src/lib/csv';

const now = Date.parse('2026-11-21T09:29:15Z');
const envelope = (names: [string, string][], rows: unknown[][]): Parameters<typeof readTable>[0] => ({
  columns: names.map(([name, type]) => ({ name, type })),
  rows,
  row_count: rows.length,
  truncated: false,
  elapsed_ms: 1,
});

const sales = readTable(
  envelope(
    [
      ['t', 'TIMESTAMP'],
      ['region', 'STRING'],
      ['amount', 'DECIMAL(10,2)'],
      ['id', 'BIGINT'],
    ],
    [
      ['2026-03-01T10:00:00.123456Z', 'north', '10.50', 1],
      ['2026-03-01T12:00:00Z', 'south', '4.25', '9007199254740993'],
      ['2026-03-02T01:00:00Z', 'north', '2.25', 3],
      ['2026-03-03T01:00:00Z', null, null, 4],
    ],
  ),
);
const dataset = { name: 'sales', title: 'Sales', sql: '', parameters: [], measures: new Map([['Total', 'SUM(`amount`)']]) };
const query = (fields: [string, string][], more: Partial<Query> = {}): Query => ({
  name: 'main_query',
  dataset: 'sales',
  fields: fields.map(([name, expression]) => ({ name, expression })),
  disaggregated: false,
  filters: [],
  orders: [],
  keywords: [],
  ...more,
});

describe('queries of widgets', () => {
  it('group by what is not aggregated', () => {
    const r = runQuery(
      query([
        ['day', 'DATE_TRUNC("DAY", `t`)'],
        ['sum(amount)', 'SUM(`amount`)'],
        ['count(*)', 'COUNT(`*`)'],
      ]),
      dataset,
      sales,
      [],
    );
    expect(r.rows).toEqual([
      ['2026-03-01T00:00:00.000Z', 14.75, 2],
      ['2026-03-02T00:00:00.000Z', 2.25, 1],
      ['2026-03-03T00:00:00.000Z', null, 1],
    ]);
    expect(r.kinds).toEqual(['timestamp', 'number', 'number']);
  });
  it('give one row when everything is aggregated, also of nothing', () => {
    const none = { ...sales, rows: [] };
    expect(
      runQuery(
        query([
          ['total', 'SUM(`amount`)'],
          ['n', 'COUNT(*)'],
        ]),
        dataset,
        none,
        [],
      ).rows,
    ).toEqual([[null, 0]]);
    expect(runQuery(query([['m', 'MEASURE(`Total`)']]), dataset, sales, []).rows).toEqual([[17]]);
  });
  it('keep every row when disaggregated, and distinct ones when not', () => {
    expect(runQuery(query([['region', '`region`']], { disaggregated: true }), dataset, sales, []).rows.length).toBe(4);
    expect(runQuery(query([['region', '`region`']]), dataset, sales, []).rows).toEqual([['north'], ['south'], [null]]);
  });
  it('keep the digits of large integers', () => {
    expect(runQuery(query([['id', '`id`']], { disaggregated: true }), dataset, sales, []).rows[1]).toEqual(['9007199254740993']);
  });
  it('apply filters and order', () => {
    const north = [{ expression: '`region`', accepts: (v: unknown) => v === 'north' }];
    expect(runQuery(query([['n', 'COUNT(*)']]), dataset, sales, north).rows).toEqual([[2]]);
    const ordered = runQuery(
      query(
        [
          ['region', '`region`'],
          ['s', 'SUM(`amount`)'],
        ],
        { filters: ['`amount` > 1'], orders: [{ expression: 'SUM(`amount`)', descending: true }] },
      ),
      dataset,
      sales,
      [],
    );
    expect(ordered.rows).toEqual([
      ['north', 12.75],
      ['south', 4.25],
    ]);
  });
  it('name the field that is wrong', () => {
    expect(() => runQuery(query([['x', 'SUM(`amnt`)']]), dataset, sales, [])).toThrow('field "x", expression SUM(`amnt`): unknown column "amnt"');
  });
  it('list choices of a filter', () => expect(distinctValues(sales, dataset, '`region`')).toEqual(['north', 'south']));
});

const file = {
  datasets: [
    {
      name: 'a',
      displayName: 'A',
      queryLines: ['SELECT 1\n', 'WHERE :time_range.min < :time_range.max'],
      parameters: [
        {
          displayName: 'time_range',
          keyword: 'time_range',
          dataType: 'DATE',
          complexType: 'RANGE',
          defaultSelection: { range: { dataType: 'DATE', min: { value: 'now-12M/M' }, max: { value: 'now/M' } } },
        },
        {
          displayName: 'n',
          keyword: 'n',
          dataType: 'INTEGER',
          defaultSelection: { values: { dataType: 'INTEGER', values: [{ value: '10' }] } },
        },
        { displayName: 'w', keyword: 'w', dataType: 'STRING', complexType: 'MULTI' },
      ],
    },
    { name: 'b', query: 'SELECT 2' },
  ],
  pages: [
    {
      name: 'p1',
      displayName: 'One',
      layout: [
        {
          widget: {
            name: 'c',
            queries: [{ name: 'main_query', query: { datasetName: 'a', fields: [{ name: 'x', expression: '`x`' }], disaggregated: true } }],
            spec: { version: 2, widgetType: 'counter', encodings: { value: { fieldName: 'x' } }, frame: { showTitle: true, title: 'T' } },
          },
          position: { x: 0, y: 0, width: 2, height: 2 },
        },
        { widget: { name: 't', multilineTextboxSpec: { lines: ['# Hi\n', 'there'] } }, position: { x: 2, y: 0, width: 4, height: 2 } },
        {
          widget: { name: 'm', queries: [], spec: { version: 2, widgetType: 'symbol-map', encodings: {} } },
          position: { x: 0, y: 2, width: 6, height: 4 },
        },
      ],
    },
    {
      name: 'g',
      pageType: 'PAGE_TYPE_GLOBAL_FILTERS',
      layout: [
        {
          widget: {
            name: 'range',
            queries: [
              { name: 'q1', query: { datasetName: 'a', parameters: [{ name: 'time_range', keyword: 'time_range' }] } },
              { name: 'q2', query: { datasetName: 'b', fields: [{ name: 'day', expression: '`day`' }], disaggregated: false } },
            ],
            spec: {
              version: 2,
              widgetType: 'filter-date-range-picker',
              encodings: {
                fields: [
                  { parameterName: 'time_range', queryName: 'q1' },
                  { fieldName: 'day', queryName: 'q2' },
                ],
              },
            },
          },
          position: { x: 0, y: 0, width: 1, height: 1 },
        },
      ],
    },
  ],
};
const dashboard: Dashboard = readDashboard(file);
const range = dashboard.globalFilters[0]?.widget as Widget;

describe('files', () => {
  it('are read', () => {
    expect(dashboard.pages.map((p) => p.title)).toEqual(['One']);
    expect(dashboard.datasets.get('a')?.sql).toBe('SELECT 1\nWHERE :time_range.min < :time_range.max');
    expect(dashboard.pages[0]?.widgets.map((w) => w.widget.type)).toEqual(['counter', 'text', 'symbol-map']);
    expect(dashboard.pages[0]?.widgets[1]?.widget.text).toBe('# Hi\nthere');
    expect(bindings(range).map((b) => [b.dataset, b.keyword, b.expression])).toEqual([
      ['a', 'time_range', null],
      ['b', null, '`day`'],
    ]);
  });
  it.each([[null], [[]], ['x'], [{}], [{ pages: 3 }]])('that are none are refused: %j', (raw) =>
    expect(() => readDashboard(raw)).toThrow('not a Databricks dashboard'),
  );
  it('with odd parts do not stop the others', () => {
    const odd = readDashboard({
      datasets: [null, { name: 3 }, { name: 'ok' }],
      pages: [null, { layout: 'x' }, { layout: [null, { widget: 5 }] }],
    });
    expect([...odd.datasets.keys()]).toEqual(['ok']);
    expect(odd.pages.map((p) => p.widgets.length)).toEqual([0, 0, 2]);
    expect(odd.pages[2]?.widgets[0]?.widget.type).toBe('unknown');
  });
  it('have colours of their own', () => {
    const theme = ['#111111', '#222222'];
    expect(readDashboard({ pages: [], uiSettings: { theme: { visualizationColors: ['#111111', 'red', '#222222'] } } }).palette).toEqual(theme);
    expect([
      readColor('#abc', theme),
      readColor({ light: '#abcdef' }, theme),
      readColor({ themeColorType: 'visualizationColors', position: 3 }, theme),
      readColor('url(x)', theme),
      readColor(null, theme),
    ]).toEqual(['#abc', '#abcdef', '#111111', null, null]);
  });
  it('know three ways of writing a selection', () => {
    expect(readSelection({ values: { dataType: 'STRING', values: [{ value: 'x' }] } })).toEqual({ kind: 'values', values: ['x'] });
    expect(readSelection({ values: ['x', 2] })).toEqual({ kind: 'values', values: ['x', '2'] });
    expect(readSelection({ range: { min: { value: 'now-1d' } } })).toEqual({ kind: 'range', min: 'now-1d', max: null });
  });
});

describe('parameters', () => {
  const a = dashboard.datasets.get('a');
  it('have the defaults of the file', () => {
    expect(a && parameterValues(a, [range], {}, dashboard, now)).toEqual({
      time_range: { min: '2025-11-01', max: '2026-11-30' },
      n: '10',
      w: { values: [] },
    });
  });
  it('follow their filter', () => {
    const chosen = { range: { kind: 'range' as const, min: '2026-01-05', max: null } };
    expect(a && parameterValues(a, [range], chosen, dashboard, now)['time_range']).toEqual({ min: '2026-01-05', max: '9999-12-31' });
  });
  it('become conditions where a filter names a field', () => {
    const [condition] = rowFilters('b', [range], { range: { kind: 'range', min: '2026-01-05', max: '2026-01-06' } }, dashboard, now);
    expect(condition?.expression).toBe('`day`');
    const test = condition?.accepts as (v: string | null) => boolean;
    expect(['2026-01-04', '2026-01-05', '2026-01-06', '2026-01-07', null].map(test)).toEqual([false, true, true, false, false]);
    expect(rowFilters('a', [range], {}, dashboard, now)).toEqual([]);
  });
  it('open on the newest data', () => {
    const month = { kind: 'range' as const, min: 'now-30d/d', max: 'now/d' };
    const day = 86_400_000;
    expect(openingRange(month, now - day, now)).toBeNull();
    expect(openingRange(month, null, now)).toBeNull();
    expect(openingRange(month, now - 60 * day, now)).toEqual({ kind: 'range', min: 'now-90d', max: 'now' });
    expect(openingRange(month, now - 900 * day, now)).toEqual({ kind: 'range', min: null, max: null });
    expect(openingRange(null, now - 2 * day, now)).toEqual({ kind: 'range', min: 'now-7d', max: 'now' });
  });
  it('have names for people', () => {
    expect([
      rangeLabel({ kind: 'range', min: 'now-30d/d', max: 'now/d' }),
      rangeLabel({ kind: 'range', min: 'now-24h', max: 'now' }),
      rangeLabel(null),
      rangeLabel({ kind: 'range', min: '2026-01-01', max: '2026-02-01' }),
    ]).toEqual(['Last 30 days', 'Last 24 hours', 'All data', '2026-01-01 – 2026-02-01']);
  });
  it.each([
    [{ kind: 'range' as const, min: 'now-7d', max: 'now' }],
    [{ kind: 'range' as const, min: null, max: null }],
    [{ kind: 'values' as const, values: ['a,b', 'c&d', 'ü~'] }],
    [{ kind: 'values' as const, values: [] }],
  ])('survive the address: %j', (s) => {
    expect(selectionFromText(selectionToText(s))).toEqual(s);
  });
  it('can be written into the query', () => {
    const sql =
      "SELECT ':w', a::INT -- :w\nFROM t WHERE d >= :time_range.min AND d <= :time_range.max AND n = :n AND array_contains(:w, 'x') AND :other";
    expect(
      a && inlineParameters({ ...a, sql }, { time_range: { min: '2026-01-05', max: '2026-01-06' }, n: '10', w: { values: ["it's", 'b'] } }),
    ).toBe(
      "SELECT ':w', a::INT -- :w\nFROM t WHERE d >= DATE '2026-01-05' AND d <= DATE '2026-01-06' AND n = 10 AND array_contains(array('it\\'s', 'b'), 'x') AND :other",
    );
  });
  it('of a broken address are none', () => expect([selectionFromText('x'), selectionFromText('v,%E0%A4%A')]).toEqual([null, null]));
});

describe('layout', () => {
  const item = (name: string, type: string, x: number, y: number, width: number, height: number): Placed => ({
    widget: { name, type } as Widget,
    position: { x, y, width, height },
  });
  const widgets = [
    item('c3', 'counter', 4, 0, 2, 2),
    item('c1', 'counter', 0, 0, 2, 2),
    item('c2', 'counter', 2, 0, 2, 2),
    item('l', 'line', 0, 2, 3, 6),
    item('t', 'table', 3, 2, 3, 12),
  ];
  const at = (width: 'wide' | 'middle' | 'phone'): Record<string, number[]> =>
    Object.fromEntries(place(widgets, width).map((p) => [p.item.widget.name, [p.at.x, p.at.y, p.at.width, p.at.height]]));
  it('keeps the grid of the file on a wide screen', () => expect(at('wide')['t']).toEqual([3, 2, 3, 12]));
  it('pairs counters on a phone and gives the rest the whole width', () => {
    expect(at('phone')).toEqual({ c1: [0, 0, 1, 2], c2: [1, 0, 1, 2], c3: [0, 2, 2, 2], l: [0, 4, 2, 6], t: [0, 10, 2, 8] });
  });
  it('puts three counters in a row on a middle screen, and a table below', () => {
    expect(at('middle')).toEqual({ c1: [0, 0, 2, 2], c2: [2, 0, 2, 2], c3: [4, 0, 2, 2], l: [0, 2, 6, 6], t: [0, 8, 6, 12] });
  });
  it('pairs charts on a middle screen', () => {
    const pair = place([item('a', 'line', 0, 0, 3, 6), item('b', 'bar', 3, 0, 3, 4)], 'middle');
    expect(pair.map((p) => [p.at.x, p.at.width, p.at.height])).toEqual([
      [0, 3, 6],
      [3, 3, 6],
    ]);
  });
  it('never overlaps', () => {
    for (const width of ['middle', 'phone'] as const) {
      const taken = new Set<string>();
      for (const p of place(widgets, width)) {
        for (let x = p.at.x; x < p.at.x + p.at.width; x++) {
          for (let y = p.at.y; y < p.at.y + p.at.height; y++) {
            expect(taken.has(`${x},${y}`)).toBe(false);
            taken.add(`${x},${y}`);
          }
        }
      }
    }
  });
  it('knows its sizes', () => expect([widthClass(1200), widthClass(700), widthClass(390), pixels(2)]).toEqual(['wide', 'middle', 'phone', 100]));
});

describe('series', () => {
  const result = {
    names: ['t', 'status', 'n'],
    kinds: ['timestamp', 'string', 'number'] as const,
    rows: [
      ['2026-01-02T00:00:00.000Z', 'OK', 3],
      ['2026-01-01T00:00:00.000Z', 'BAD', 1],
      ['2026-01-01T00:00:00.000Z', 'OK', 2],
    ],
  };
  const encodings = {
    x: { fieldName: 't', scale: { type: 'temporal' } },
    y: { fieldName: 'n', scale: { type: 'quantitative' } },
    color: { fieldName: 'status', scale: { type: 'categorical', mappings: [{ value: 'OK', color: '#00aa00' }] } },
  };
  it('split by colour, in the order of the file', () => {
    const data = chartData(encodings, { ...result, kinds: [...result.kinds] }, 'bar');
    expect(data.series.map((s) => [s.name, s.color, s.points.map((p) => p[1])])).toEqual([
      ['OK', '#00aa00', [2, 3]],
      ['BAD', null, [1]],
    ]);
    expect(data.daily).toBe(true);
    expect(aligned(data.series, null).map((s) => s.points.map((p) => p[1]))).toEqual([
      [2, 3],
      [1, null],
    ]);
  });
  it('have holes where buckets are missing', () => {
    const at = (minute: number): [string, number] => [new Date(minute * 60_000).toISOString(), minute];
    const series = (minutes: number[]): Series => ({ name: '', color: null, points: minutes.map(at) });
    const holes = (...lines: number[][]): (number | null)[] => (withHoles(lines.map(series))[0] as Series).points.map((p) => p[1]);
    expect(holes([0, 10, 20, 120, 130])).toEqual([0, 10, 20, null, 120, 130]);
    expect(holes([0, 10, 30])).toEqual([0, 10, null, 30]);
    expect(holes([0, 30, 60], [0, 10, 20, 30, 40, 50, 60])).toEqual([0, null, 30, null, 60]);
    expect(holes([0, 7, 120])).toEqual([0, 7, 120]);
    expect(holes([0, 1440])).toEqual([0, 1440]);
    const months = withHoles([{ name: '', color: null, points: ['2026-01-01', '2026-02-01', '2026-05-01'].map((m) => [`${m}T00:00:00Z`, 1]) }]);
    expect(months[0]?.points.map((p) => String(p[0]).slice(0, 10))).toEqual(['2026-01-01', '2026-02-01', '2026-03-01', '2026-05-01']);
  });
  it('of horizontal bars are sorted by their length', () => {
    const flat = {
      names: ['name', 'v'],
      kinds: ['string', 'number'] as ('string' | 'number')[],
      rows: [
        ['a', 1],
        ['b', 3],
        ['c', 2],
      ],
    };
    const data = chartData(
      {
        x: { fieldName: 'v', scale: { type: 'quantitative' } },
        y: { fieldName: 'name', scale: { type: 'categorical', sort: { by: 'x-reversed' } } },
      },
      flat,
      'bar',
    );
    expect([data.horizontal, data.categories]).toEqual([true, ['b', 'c', 'a']]);
  });
  it('of a histogram count every number once', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => [i / 10]);
    const data = chartData({ x: { fieldName: 'v' } }, { names: ['v'], kinds: ['number'], rows: numbers }, 'histogram');
    expect(data.series[0]?.points.reduce((n, p) => n + (p[1] ?? 0), 0)).toBe(100);
    expect(data.categories).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
  it('name the field that the query does not give', () =>
    expect(() => chartData({ ...encodings, y: { fieldName: 'missing' } }, { ...result, kinds: [...result.kinds] }, 'line')).toThrow('"missing"'));
  it('are told to those who do not see them', () =>
    expect(describeResult('Runs', 'bar', { ...result, kinds: [...result.kinds] })).toContain('bar chart of 3 rows'));
  it('use round widths', () => expect([0.13, 1, 2.3, 37].map(niceWidth)).toEqual([0.2, 1, 2.5, 50]));
});

describe('small parts', () => {
  it('links lead to the web or to this page', () => {
    expect(safeHref('https://x.y')).toBe('https://x.y');
    for (const bad of ['javascript:alert(1)', ' javascript:x', 'data:text/html,x', '//evil', 'vbscript:x']) expect(safeHref(bad)).toBeNull();
  });
  it('markdown has blocks', () => {
    expect(blocks('# A\n\ntext\nmore\n- x\n- y\n\n1. z\n---\n> q\n```\n<b>\n```').map((b) => [b.kind, b.lines.length])).toEqual([
      ['heading', 1],
      ['paragraph', 2],
      ['bullets', 2],
      ['numbers', 1],
      ['rule', 0],
      ['quote', 1],
      ['code', 1],
    ]);
  });
  it('routes are read', () => {
    const r = parseRoute('#/tables/system_gold.x%20y?a=1');
    expect([r.parts, r.query.get('a')]).toEqual([['tables', 'system_gold.x y'], '1']);
  });
  it('positions of errors are found', () => {
    const sql = 'SELECT 1\nFROM nowhere';
    expect([
      positionIn(sql, 'line 2, column 6'),
      positionIn(sql, 'query:2:6'),
      positionIn(sql, 'line 9'),
      positionIn(sql, null),
      positionIn(sql, 'somewhere'),
    ]).toEqual([14, 14, null, null, null]);
  });
  it('progress follows the events', () => {
    const p = nextProgress({ id: 1, done: 0, total: 0, step: null, fraction: null }, { done: 3, total: 10, name: 'gold x', fraction: 0.5 });
    expect([p.step, p.fraction]).toEqual(['gold x', 0.35]);
    expect(nextProgress(p, 'x')).toBe(p);
  });
  it('CSV is quoted', () =>
    expect(
      toCsv(
        ['a', 'b"c'],
        [
          [1, null],
          ['x,y', ''],
          ['l\nm', { k: 1 }],
        ],
      ),
    ).toBe('a,"b""c"\r\n1,\r\n"x,y",""\r\n"l\nm","{""k"":1}"\r\n'));
});

describe('the shipped dashboard', () => {
  const shipped = readDashboard(JSON.parse(readFileSync(new URL('../../packs/health/dashboards/health.lvdash.json', import.meta.url), 'utf8')));
  const all = [...shipped.pages.flatMap((p) => p.widgets), ...shipped.globalFilters].map((p) => p.widget);
  it('uses only datasets that it has, and uses them all', () => {
    const used = new Set(all.flatMap((w) => w.queries.map((q) => q.dataset)));
    expect([...used].sort()).toEqual([...shipped.datasets.keys()].sort());
  });
  it('binds every parameter of every dataset to a filter', () => {
    const bound = new Set(shipped.globalFilters.flatMap((f) => bindings(f.widget).map((b) => `${b.dataset}.${b.keyword}`)));
    for (const d of shipped.datasets.values()) for (const p of d.parameters) expect(bound).toContain(`${d.name}.${p.keyword}`);
  });
  it('encodes only fields of its queries', () => {
    for (const w of all.filter((x) => !x.type.startsWith('filter-'))) {
      const names = new Set(w.queries[0]?.fields.map((f) => f.name));
      const encoded = JSON.stringify(w.encodings).matchAll(/"fieldName":"([^"]+)"/g);
      for (const [, field] of encoded) expect(names, w.name).toContain(field);
    }
  });
});

describe('the list of tables', () => {
  const table = (name: string, layer: string, rows: number | null, seconds: number | null): TableHealth => ({
    schema: `system_${layer}`, name, layer, domain: null, comment: null, is_view: false, rows, fresh_at: null, updated_at: null, quarantined: 0, findings: 0, loaded_at: null,
    step: seconds === null ? null : {
      run_id: 1, state: 'succeeded', started_at: null, ended_at: null, duration_s: seconds, rows_in: null, rows_changed: null, rows_rejected: null, error: null,
    },
  });
  const tables = [table('b', 'bronze', 10, 2), table('l', 'landing', null, null), table('g', 'gold', 9, 100), table('a', 'bronze', 100, 1)];
  const names = (id: string, descending: boolean): string => sortTables(tables, id, descending).map((t) => t.name).join('');
  it('is sorted by numbers as numbers, what is unknown last both ways', () => {
    expect(names('rows', true)).toBe('abgl');
    expect(names('rows', false)).toBe('gbal');
    expect(names('took', true)).toBe('gbal');
    expect(names('layer', false)).toBe('gabl');
    expect(names('layer', true)).toBe('labg');
    expect(names('newest', true)).toBe('gabl');
  });
});

/** Loads the datasets that the widgets of a page need: each once for its parameters, four at a time, old rows shown meanwhile. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { datasetRows } from '../lib/api';
import type { DatasetResult } from '../lib/api';
import { readTable } from './rows';
import type { Table } from './rows';

export interface DatasetData {
  table: Table;
  raw: DatasetResult;
}

export interface Entry {
  key: string;
  loading: boolean;
  value: DatasetData | null; // of this key, or of the one before while loading
  error: unknown;
}

interface Held extends Entry {
  controller: AbortController;
}

const AT_ONCE = 4;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(f: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    return await f();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

export function useDatasets(dashboard: string, needed: ReadonlyMap<string, unknown>, generation: string): { get: (dataset: string) => Entry | null; retry: (dataset: string) => void } {
  const held = useRef(new Map<string, Held>());
  const [, redraw] = useState(0);
  const update = (): void => redraw((n) => n + 1);

  const load = (dataset: string, parameters: unknown, key: string): void => {
    const old = held.current.get(dataset);
    old?.controller.abort();
    const entry: Held = { key, loading: true, value: old?.value ?? null, error: null, controller: new AbortController() };
    held.current.set(dataset, entry);
    const { signal } = entry.controller;
    inTurn(async () => {
      if (signal.aborted) return;
      const raw = await datasetRows(dashboard, dataset, parameters, signal);
      if (signal.aborted) return;
      entry.value = { raw, table: readTable(raw) };
      entry.loading = false;
    }).catch((e: unknown) => {
      if (signal.aborted) return;
      entry.error = e;
      entry.value = null;
      entry.loading = false;
    }).finally(() => signal.aborted || update());
  };

  const wanted = [...needed].map(([dataset, parameters]) => [dataset, parameters, JSON.stringify([dashboard, dataset, parameters, generation])] as const);
  const all = wanted.map((w) => w[2]).join('\n');
  useEffect(() => {
    for (const [dataset, parameters, key] of wanted) if (held.current.get(dataset)?.key !== key) load(dataset, parameters, key);
    update();
  }, [all]);
  useEffect(() => () => held.current.forEach((e) => e.controller.abort()), []);

  return {
    get: (dataset) => held.current.get(dataset) ?? null,
    retry: (dataset) => {
      const w = wanted.find((x) => x[0] === dataset);
      if (!w) return;
      load(dataset, w[1], w[2]);
      update();
    },
  };
}

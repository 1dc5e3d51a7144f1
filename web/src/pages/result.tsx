/** A result of the API as a grid. */
import { useMemo } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Envelope } from '../lib/api';
import { Grid, plainColumn } from '../dashboard/table';
import { readTable } from '../dashboard/rows';

export function ResultGrid({ result, label, numbered }: { result: Envelope; label: string; numbered?: boolean }): JSX.Element {
  const table = useMemo(() => readTable(result), [result]);
  const columns = useMemo(() => table.names.map((n, i) => plainColumn(n, table.scope.kinds[i] ?? 'unknown', i, table.rows, table.types[i] ?? null)), [table]);
  return <Grid columns={columns} rows={table.rows} label={label} numbered={numbered ?? false} />;
}

/** What a widget asks of its dataset: filters, then fields, grouped by the plain ones when one of them aggregates. */
import { ExpressionError, checkExpression, compareValues, evaluate, isAggregate, kindOf, parseExpression } from './expression';
import type { Kind, Row, Value } from './expression';
import type { Dataset, Query } from './model';
import { makeScope } from './rows';
import type { Table } from './rows';

/** A condition that a filter widget puts on the rows of a dataset. */
export interface RowFilter {
  expression: string;
  accepts: (v: Value) => boolean;
}

export interface Result {
  names: string[];
  kinds: Kind[];
  rows: Value[][];
}

export function runQuery(query: Query, dataset: Dataset, table: Table, filters: readonly RowFilter[]): Result {
  const parse = (expression: string, name: string): ReturnType<typeof parseExpression> => {
    try {
      const node = parseExpression(expression, dataset.measures);
      checkExpression(node, table.scope);
      return node;
    } catch (e) {
      if (e instanceof ExpressionError) throw new ExpressionError(`field "${name}", expression ${expression}: ${e.message}`);
      throw e;
    }
  };
  const conditions = query.filters.map((f) => parse(f, 'filter'));
  let rows: readonly Row[] = applyFilters(table, dataset, filters);
  if (conditions.length) rows = rows.filter((r) => conditions.every((c) => evaluate(c, [r], table.scope) === true));

  const fields = query.fields.length ? query.fields : table.names.map((n) => ({ name: n, expression: `\`${n.replaceAll('`', '``')}\`` }));
  const nodes = fields.map((f) => parse(f.expression, f.name));
  const kinds = nodes.map((n) => kindOf(n, table.scope));
  const names = fields.map((f) => f.name);
  const aggregates = nodes.map(isAggregate);

  // Not "disaggregated" means one row per combination of the plain fields, also when nothing is aggregated.
  let result: Value[][];
  if (query.disaggregated && !aggregates.includes(true)) {
    result = rows.map((r) => nodes.map((n) => evaluate(n, [r], table.scope)));
  } else {
    const plain = nodes.filter((_, i) => !aggregates[i]);
    result = groups(rows, (r) => plain.map((n) => evaluate(n, [r], table.scope)), plain.length === 0)
      .map((g) => nodes.map((n) => evaluate(n, g, table.scope)));
  }
  return sorted({ names, kinds, rows: result }, query);
}

function groups(rows: readonly Row[], key: (r: Row) => Value[], whole: boolean): Row[][] {
  if (whole) return [[...rows]];
  const found = new Map<string, Row[]>();
  for (const r of rows) {
    const k = JSON.stringify(key(r));
    const g = found.get(k);
    if (g) g.push(r);
    else found.set(k, [r]);
  }
  return [...found.values()];
}

function sorted(result: Result, query: Query): Result {
  if (!query.orders.length) return result;
  const scope = makeScope(result.names, result.kinds);
  const keys = query.orders.map((o) => {
    // An order names a field of the query by its expression.
    const at = query.fields.findIndex((f) => f.expression === o.expression || f.name === o.expression);
    return { descending: o.descending, at: at >= 0 ? at : (scope.index.get(o.expression.replaceAll('`', '')) ?? -1) };
  });
  const rows = [...result.rows].sort((a, b) => {
    for (const k of keys) {
      const c = compareNullable(a[k.at] ?? null, b[k.at] ?? null);
      if (c !== 0) return k.descending ? -c : c;
    }
    return 0;
  });
  return { ...result, rows };
}

/** NULL before everything else, as Databricks sorts. */
export function compareNullable(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareValues(a, b);
}

export function applyFilters(table: Table, dataset: Dataset, filters: readonly RowFilter[]): readonly Row[] {
  if (!filters.length) return table.rows;
  const tests = filters.map((f) => {
    const node = parseExpression(f.expression, dataset.measures);
    checkExpression(node, table.scope);
    return { node, accepts: f.accepts };
  });
  return table.rows.filter((r) => tests.every((t) => t.accepts(evaluate(t.node, [r], table.scope))));
}

/** Distinct values of a field, sorted, without NULL: the choices of a select filter. */
export function distinctValues(table: Table, dataset: Dataset, expression: string): Value[] {
  const node = parseExpression(expression, dataset.measures);
  checkExpression(node, table.scope);
  const found = new Set<Value>();
  for (const r of table.rows) {
    const v = evaluate(node, [r], table.scope);
    if (v !== null) found.add(v);
  }
  return [...found].sort(compareValues);
}

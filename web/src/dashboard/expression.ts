/**
 * The field expressions of a Databricks dashboard, evaluated over the rows of a dataset: SUM(`x`), COUNT(*),
 * DATE_TRUNC("DAY", `t`), BIN_FLOOR(`x`, 5), CASE WHEN ..., arithmetic over them. SQL semantics: NULL spreads, aggregates
 * skip NULL, an aggregate of nothing is NULL (COUNT: 0). What is not known is an error that names it, never a guess.
 *
 * Values: null, boolean, number, string. A TIMESTAMP is a string YYYY-MM-DDTHH:MM:SS.mmmZ and a DATE a string YYYY-MM-DD
 * (see rows.ts), so that both compare as text.
 */
import { truncateInstant } from '../lib/time';

export type Value = null | boolean | number | string;
export type Kind = 'number' | 'string' | 'boolean' | 'timestamp' | 'date' | 'unknown';

export class ExpressionError extends Error {}

export type Node =
  | { op: 'literal'; value: Value }
  | { op: 'column'; name: string }
  | { op: 'star' }
  | { op: 'call'; name: string; distinct: boolean; args: Node[] }
  | { op: 'unary'; sign: '-' | 'not'; arg: Node }
  | { op: 'binary'; sign: string; left: Node; right: Node }
  | { op: 'between'; arg: Node; low: Node; high: Node; negated: boolean }
  | { op: 'in'; arg: Node; list: Node[]; negated: boolean }
  | { op: 'isnull'; arg: Node; negated: boolean }
  | { op: 'case'; subject: Node | null; branches: { when: Node; then: Node }[]; otherwise: Node }
  | { op: 'cast'; arg: Node; type: string };

/* ---------------------------------------------------------------- reading */

interface Token {
  type: 'word' | 'name' | 'string' | 'number' | 'sign' | 'end';
  text: string;
}

const TOKEN = /\s+|`((?:[^`]|``)*)`|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|''|\\.)*)'|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][\w$]*)|(<=>|<>|!=|<=|>=|\|\||::|==|[-+*/%(),<>=.])/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    if (!m) throw new ExpressionError(`cannot read "${text.slice(at, at + 12)}"`);
    if (m[1] !== undefined) tokens.push({ type: 'name', text: m[1].replaceAll('``', '`') });
    else if (m[2] !== undefined) tokens.push({ type: 'string', text: m[2].replace(/\\(.)/g, '$1') });
    else if (m[3] !== undefined) tokens.push({ type: 'string', text: m[3].replaceAll("''", "'").replace(/\\(.)/g, '$1') });
    else if (m[4] !== undefined) tokens.push({ type: 'number', text: m[4] });
    else if (m[5] !== undefined) tokens.push({ type: 'word', text: m[5] });
    else if (m[6] !== undefined) tokens.push({ type: 'sign', text: m[6] });
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}

const DEPTH_LIMIT = 100;

class Parser {
  private at = 0;
  private depth = 0;
  constructor(private readonly tokens: Token[]) {}

  parse(): Node {
    const node = this.or();
    if (this.peek().type !== 'end') throw new ExpressionError(`unexpected "${this.peek().text}"`);
    return node;
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { type: 'end', text: '' };
  }

  private word(text: string): boolean {
    const t = this.peek();
    if (t.type !== 'word' || t.text.toUpperCase() !== text) return false;
    this.at++;
    return true;
  }

  private sign(...texts: string[]): string | null {
    const t = this.peek();
    if (t.type !== 'sign' || !texts.includes(t.text)) return null;
    this.at++;
    return t.text;
  }

  private expectSign(text: string): void {
    if (!this.sign(text)) throw new ExpressionError(`expected "${text}" before "${this.peek().text || 'the end'}"`);
  }

  private expectWord(text: string): void {
    if (!this.word(text)) throw new ExpressionError(`expected ${text} before "${this.peek().text || 'the end'}"`);
  }

  private or(): Node {
    if (++this.depth > DEPTH_LIMIT) throw new ExpressionError('nested too deeply');
    let left = this.and();
    while (this.word('OR')) left = { op: 'binary', sign: 'or', left, right: this.and() };
    this.depth--;
    return left;
  }

  private and(): Node {
    let left = this.not();
    while (this.word('AND')) left = { op: 'binary', sign: 'and', left, right: this.not() };
    return left;
  }

  private not(): Node {
    return this.word('NOT') ? { op: 'unary', sign: 'not', arg: this.not() } : this.comparison();
  }

  private comparison(): Node {
    const left = this.sum();
    const sign = this.sign('=', '==', '<=>', '<>', '!=', '<', '<=', '>', '>=');
    if (sign) return { op: 'binary', sign: sign === '==' ? '=' : sign === '!=' ? '<>' : sign, left, right: this.sum() };
    if (this.word('IS')) {
      const negated = this.word('NOT');
      this.expectWord('NULL');
      return { op: 'isnull', arg: left, negated };
    }
    const negated = this.word('NOT');
    if (this.word('BETWEEN')) {
      const low = this.sum();
      this.expectWord('AND');
      return { op: 'between', arg: left, low, high: this.sum(), negated };
    }
    if (this.word('IN')) {
      this.expectSign('(');
      return { op: 'in', arg: left, list: this.list(), negated };
    }
    if (this.word('LIKE')) {
      const like: Node = { op: 'binary', sign: 'like', left, right: this.sum() };
      return negated ? { op: 'unary', sign: 'not', arg: like } : like;
    }
    if (negated) throw new ExpressionError(`unexpected NOT before "${this.peek().text}"`);
    return left;
  }

  private sum(): Node {
    let left = this.product();
    for (let s = this.sign('+', '-', '||'); s; s = this.sign('+', '-', '||')) left = { op: 'binary', sign: s, left, right: this.product() };
    return left;
  }

  private product(): Node {
    let left = this.unary();
    for (let s = this.sign('*', '/', '%'); s; s = this.sign('*', '/', '%')) left = { op: 'binary', sign: s, left, right: this.unary() };
    return left;
  }

  private unary(): Node {
    if (this.sign('-')) return { op: 'unary', sign: '-', arg: this.unary() };
    this.sign('+');
    let node = this.primary();
    while (this.sign('::')) node = { op: 'cast', arg: node, type: this.typeName() };
    return node;
  }

  /** The arguments up to the closing bracket; the opening one is read. `name=value` as in bin(x, binWidth=2) becomes its value. */
  private list(): Node[] {
    const items: Node[] = [];
    if (this.sign(')')) return items;
    do {
      const next = this.tokens[this.at + 1];
      if (this.peek().type === 'word' && next?.type === 'sign' && next.text === '=') this.at += 2;
      items.push(this.sign('*') ? { op: 'star' } : this.or());
    } while (this.sign(','));
    this.expectSign(')');
    return items;
  }

  private typeName(): string {
    const t = this.peek();
    if (t.type !== 'word') throw new ExpressionError(`expected a type before "${t.text}"`);
    this.at++;
    if (this.sign('(')) this.list();
    return t.text.toUpperCase();
  }

  private primary(): Node {
    const t = this.peek();
    this.at++;
    switch (t.type) {
      case 'number':
        return { op: 'literal', value: Number(t.text) };
      case 'string':
        return { op: 'literal', value: t.text };
      case 'name':
        return this.path(t.text);
      case 'word':
        return this.wordPrimary(t.text);
      case 'sign':
        if (t.text === '(') {
          const node = this.or();
          this.expectSign(')');
          return node;
        }
        if (t.text === '*') return { op: 'star' };
        break;
      case 'end':
        break;
    }
    throw new ExpressionError(t.type === 'end' ? 'ends too early' : `unexpected "${t.text}"`);
  }

  /** `dataset`.`column` names the column. */
  private path(name: string): Node {
    let last = name;
    while (this.sign('.')) {
      const t = this.peek();
      if (t.type !== 'name' && t.type !== 'word') throw new ExpressionError(`unexpected "${t.text}" after "."`);
      this.at++;
      last = t.text;
    }
    return last === '*' ? { op: 'star' } : { op: 'column', name: last };
  }

  private wordPrimary(text: string): Node {
    const upper = text.toUpperCase();
    if (upper === 'NULL') return { op: 'literal', value: null };
    if (upper === 'TRUE' || upper === 'FALSE') return { op: 'literal', value: upper === 'TRUE' };
    if (upper === 'CASE') return this.caseWhen();
    if ((upper === 'CAST' || upper === 'TRY_CAST') && this.sign('(')) {
      const arg = this.or();
      this.expectWord('AS');
      const type = this.typeName();
      this.expectSign(')');
      return { op: 'cast', arg, type };
    }
    if ((upper === 'DATE' || upper === 'TIMESTAMP') && this.peek().type === 'string') {
      const literal: Node = { op: 'literal', value: this.peek().text };
      this.at++;
      return { op: 'cast', arg: literal, type: upper };
    }
    if (this.sign('(')) {
      const distinct = this.word('DISTINCT');
      return { op: 'call', name: upper, distinct, args: this.list() };
    }
    return this.path(text);
  }

  private caseWhen(): Node {
    const t = this.peek();
    const subject = t.type === 'word' && t.text.toUpperCase() === 'WHEN' ? null : this.or();
    const branches: { when: Node; then: Node }[] = [];
    while (this.word('WHEN')) {
      const when = this.or();
      this.expectWord('THEN');
      branches.push({ when, then: this.or() });
    }
    const otherwise: Node = this.word('ELSE') ? this.or() : { op: 'literal', value: null };
    this.expectWord('END');
    return { op: 'case', subject, branches, otherwise };
  }
}

/** Reads an expression; throws ExpressionError. Measures of the dataset are put in place of MEASURE(`name`). */
export function parseExpression(text: string, measures?: ReadonlyMap<string, string>): Node {
  return expandMeasures(new Parser(tokenize(text)).parse(), measures ?? new Map(), 0);
}

function expandMeasures(node: Node, measures: ReadonlyMap<string, string>, depth: number): Node {
  if (node.op === 'call' && (node.name === 'MEASURE' || node.name === 'AGG')) {
    const name = node.args[0]?.op === 'column' ? node.args[0].name : '';
    const text = measures.get(name);
    if (text === undefined) throw new ExpressionError(`unknown measure "${name}"`);
    if (depth > 8) throw new ExpressionError(`measure "${name}" refers to itself`);
    return expandMeasures(new Parser(tokenize(text)).parse(), measures, depth + 1);
  }
  return mapChildren(node, (child) => expandMeasures(child, measures, depth));
}

function mapChildren(node: Node, f: (n: Node) => Node): Node {
  switch (node.op) {
    case 'literal':
    case 'column':
    case 'star':
      return node;
    case 'call':
      return { ...node, args: node.args.map(f) };
    case 'unary':
    case 'isnull':
    case 'cast':
      return { ...node, arg: f(node.arg) };
    case 'binary':
      return { ...node, left: f(node.left), right: f(node.right) };
    case 'between':
      return { ...node, arg: f(node.arg), low: f(node.low), high: f(node.high) };
    case 'in':
      return { ...node, arg: f(node.arg), list: node.list.map(f) };
    case 'case':
      return {
        ...node,
        subject: node.subject && f(node.subject),
        branches: node.branches.map((b) => ({ when: f(b.when), then: f(b.then) })),
        otherwise: f(node.otherwise),
      };
  }
}

export function children(node: Node): Node[] {
  const found: Node[] = [];
  mapChildren(node, (child) => {
    found.push(child);
    return child;
  });
  return found;
}

/* ---------------------------------------------------------------- meaning */

export type Row = readonly Value[];

export interface Scope {
  index: ReadonlyMap<string, number>; // column name to position; names in lower case as well
  kinds: readonly Kind[];
}

const AGGREGATES = new Set([
  'SUM', 'AVG', 'MEAN', 'MIN', 'MAX', 'COUNT', 'COUNT_IF', 'MEDIAN', 'PERCENTILE', 'PERCENTILE_APPROX', 'APPROX_PERCENTILE',
  'APPROX_COUNT_DISTINCT', 'STDDEV', 'STDDEV_SAMP', 'STDDEV_POP', 'VARIANCE', 'VAR_SAMP', 'VAR_POP', 'ANY_VALUE', 'FIRST', 'LAST',
  'MAX_BY', 'MIN_BY', 'MODE', 'BOOL_AND', 'BOOL_OR', 'EVERY', 'ANY', 'SOME', 'TRY_SUM', 'TRY_AVG',
]);

export function isAggregate(node: Node): boolean {
  if (node.op === 'call' && AGGREGATES.has(node.name)) return true;
  return children(node).some(isAggregate);
}

export function columnPosition(scope: Scope, name: string): number {
  const at = scope.index.get(name) ?? scope.index.get(name.toLowerCase());
  if (at === undefined) throw new ExpressionError(`unknown column "${name}"`);
  return at;
}

export function toNumber(v: Value): number | null {
  if (v === null || v === '') return null;
  const n = typeof v === 'number' ? v : Number(v);
  return Number.isNaN(n) ? null : n;
}

function toText(v: Value): string | null {
  return v === null ? null : String(v);
}

/** Ascending order of two values that are not NULL. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' || typeof b === 'number') {
    const x = toNumber(a);
    const y = toNumber(b);
    if (x !== null && y !== null) return x - y;
  }
  const x = String(a);
  const y = String(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Value of an expression: for one row, or (aggregates) for the rows of a group; outside of aggregates then its first row. */
export function evaluate(node: Node, rows: readonly Row[], scope: Scope): Value {
  return evaluateAt(node, rows[0] ?? null, rows, scope);
}

function evaluateAt(node: Node, row: Row | null, group: readonly Row[], scope: Scope): Value {
  const of = (n: Node): Value => evaluateAt(n, row, group, scope);
  switch (node.op) {
    case 'literal':
      return node.value;
    case 'column': {
      const at = columnPosition(scope, node.name);
      return row ? (row[at] ?? null) : null;
    }
    case 'star':
      throw new ExpressionError('"*" stands only in COUNT(*)');
    case 'unary': {
      const v = of(node.arg);
      if (node.sign === 'not') return v === null ? null : !truth(v);
      const n = toNumber(v);
      return n === null ? null : -n;
    }
    case 'binary':
      return binary(node.sign, of(node.left), () => of(node.right));
    case 'between': {
      const inside = and3(binary('>=', of(node.arg), () => of(node.low)), binary('<=', of(node.arg), () => of(node.high)));
      return inside === null ? null : node.negated ? !inside : inside;
    }
    case 'in': {
      const v = of(node.arg);
      if (v === null) return null;
      const items = node.list.map(of);
      if (items.some((i) => i !== null && compareValues(v, i) === 0)) return !node.negated;
      return items.includes(null) ? null : node.negated;
    }
    case 'isnull':
      return (of(node.arg) === null) !== node.negated;
    case 'case': {
      const subject = node.subject ? of(node.subject) : null;
      for (const b of node.branches) {
        const when = of(b.when);
        const hit = node.subject ? when !== null && subject !== null && compareValues(subject, when) === 0 : when !== null && truth(when);
        if (hit) return of(b.then);
      }
      return of(node.otherwise);
    }
    case 'cast':
      return cast(of(node.arg), node.type);
    case 'call':
      if (AGGREGATES.has(node.name)) return aggregate(node, group, scope);
      return scalar(node.name, node.args, of);
  }
}

function truth(v: Value): boolean {
  return v === true || v === 'true' || (typeof v === 'number' && v !== 0);
}

function and3(a: Value, b: Value): boolean | null {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

function binary(sign: string, a: Value, right: () => Value): Value {
  if (sign === 'and') return and3(a === null ? null : truth(a), a !== null && !truth(a) ? false : bool(right()));
  if (sign === 'or') {
    if (a !== null && truth(a)) return true;
    const b = bool(right());
    return b === true ? true : a === null || b === null ? null : false;
  }
  const b = right();
  if (sign === '<=>') return a === null || b === null ? a === b : compareValues(a, b) === 0;
  if (a === null || b === null) return null;
  switch (sign) {
    case '=': return compareValues(a, b) === 0;
    case '<>': return compareValues(a, b) !== 0;
    case '<': return compareValues(a, b) < 0;
    case '<=': return compareValues(a, b) <= 0;
    case '>': return compareValues(a, b) > 0;
    case '>=': return compareValues(a, b) >= 0;
    case '||': return String(a) + String(b);
    case 'like': return like(String(a), String(b));
    default: return arithmetic(sign, a, b);
  }
}

function bool(v: Value): boolean | null {
  return v === null ? null : truth(v);
}

function like(text: string, pattern: string): boolean {
  const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '[\\s\\S]*').replaceAll('_', '[\\s\\S]');
  return new RegExp(`^${source}$`).test(text);
}

function arithmetic(sign: string, a: Value, b: Value): number | null {
  const x = toNumber(a);
  const y = toNumber(b);
  if (x === null || y === null) return null;
  if (sign === '+') return x + y;
  if (sign === '-') return x - y;
  if (sign === '*') return x * y;
  if (y === 0) return null;
  return sign === '/' ? x / y : x % y;
}

function cast(v: Value, type: string): Value {
  if (v === null) return null;
  switch (type) {
    case 'STRING': case 'VARCHAR': case 'CHAR': return String(v);
    case 'DATE': return String(v).slice(0, 10);
    case 'TIMESTAMP': case 'TIMESTAMP_NTZ': return instantText(String(v));
    case 'BOOLEAN': return truth(v);
    case 'INT': case 'INTEGER': case 'BIGINT': case 'LONG': case 'SMALLINT': case 'TINYINT': {
      const n = toNumber(typeof v === 'boolean' ? Number(v) : v);
      return n === null ? null : Math.trunc(n);
    }
    case 'DOUBLE': case 'FLOAT': case 'REAL': case 'DECIMAL': case 'NUMERIC': case 'DEC':
      return toNumber(typeof v === 'boolean' ? Number(v) : v);
    default: throw new ExpressionError(`unknown type ${type}`);
  }
}

/** The canonical text of an instant; a date stands for its midnight UTC. NULL when it is none. */
export function instantText(text: string): string | null {
  const iso = /^\d{4,6}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T').replace(/(\d)$/, '$1Z');
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/* ---------------------------------------------------------------- aggregates */

function aggregate(node: Node & { op: 'call' }, group: readonly Row[], scope: Scope): Value {
  const first = node.args[0];
  if (node.name === 'COUNT' && (!first || first.op === 'star')) return group.length;
  if (!first) throw new ExpressionError(`${node.name} needs an argument`);
  if (isAggregate(first)) throw new ExpressionError(`${node.name} of an aggregate`);
  let values: Value[] = [];
  for (const row of group) {
    const v = evaluateAt(first, row, [row], scope);
    if (v !== null) values.push(v);
  }
  if (node.distinct) values = [...new Set(values)];
  switch (node.name) {
    case 'COUNT': return values.length;
    case 'COUNT_IF': return values.filter(truth).length;
    case 'APPROX_COUNT_DISTINCT': return new Set(values).size;
    case 'MIN': return extreme(values, -1);
    case 'MAX': return extreme(values, 1);
    case 'ANY_VALUE': case 'FIRST': return values[0] ?? null;
    case 'LAST': return values[values.length - 1] ?? null;
    case 'MODE': return mode(values);
    case 'BOOL_AND': case 'EVERY': return values.length ? values.every(truth) : null;
    case 'BOOL_OR': case 'ANY': case 'SOME': return values.length ? values.some(truth) : null;
    case 'MAX_BY': case 'MIN_BY': return extremeBy(node, group, scope);
    default: return numeric(node, values, group, scope);
  }
}

function numeric(node: Node & { op: 'call' }, values: Value[], group: readonly Row[], scope: Scope): number | null {
  const numbers: number[] = [];
  for (const v of values) {
    const n = toNumber(v);
    if (n === null) throw new ExpressionError(`${node.name} of "${String(v)}", which is not a number`);
    numbers.push(n);
  }
  if (!numbers.length) return null;
  const sum = numbers.reduce((a, b) => a + b, 0);
  const mean = sum / numbers.length;
  const spread = (): number => numbers.reduce((a, n) => a + (n - mean) * (n - mean), 0);
  const sample = (): number | null => (numbers.length > 1 ? spread() / (numbers.length - 1) : null);
  switch (node.name) {
    case 'SUM': case 'TRY_SUM': return sum;
    case 'AVG': case 'MEAN': case 'TRY_AVG': return mean;
    case 'MEDIAN': return percentile(numbers, 0.5);
    case 'PERCENTILE': case 'PERCENTILE_APPROX': case 'APPROX_PERCENTILE': {
      const p = node.args[1] && toNumber(evaluateAt(node.args[1], group[0] ?? null, group, scope));
      if (p === undefined || p === null || p < 0 || p > 1) throw new ExpressionError(`${node.name} needs a share between 0 and 1`);
      return percentile(numbers, p);
    }
    case 'VARIANCE': case 'VAR_SAMP': return sample();
    case 'VAR_POP': return spread() / numbers.length;
    case 'STDDEV_POP': return Math.sqrt(spread() / numbers.length);
    default: { // STDDEV, STDDEV_SAMP
      const s = sample();
      return s === null ? null : Math.sqrt(s);
    }
  }
}

/** Exact percentile with linear interpolation between neighbours, as Spark's percentile(). */
export function percentile(numbers: number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

function extreme(values: Value[], direction: 1 | -1): Value {
  let best: Value = null;
  for (const v of values) if (best === null || compareValues(v, best) * direction > 0) best = v;
  return best;
}

function extremeBy(node: Node & { op: 'call' }, group: readonly Row[], scope: Scope): Value {
  const [value, by] = node.args;
  if (!value || !by) throw new ExpressionError(`${node.name} needs two arguments`);
  const direction = node.name === 'MAX_BY' ? 1 : -1;
  let best: Value = null;
  let result: Value = null;
  for (const row of group) {
    const v = evaluateAt(by, row, [row], scope);
    if (v === null || (best !== null && compareValues(v, best) * direction <= 0)) continue;
    best = v;
    result = evaluateAt(value, row, [row], scope);
  }
  return result;
}

function mode(values: Value[]): Value {
  const counts = new Map<Value, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  let best: Value = null;
  let most = 0;
  for (const [v, n] of counts) if (n > most) [best, most] = [v, n];
  return best;
}

/* ---------------------------------------------------------------- scalar functions */

type Scalar = (args: Value[]) => Value;

const onNumber = (f: (n: number) => number | null): Scalar => ([v]) => {
  const n = toNumber(v ?? null);
  return n === null ? null : f(n);
};
const onText = (f: (s: string) => Value): Scalar => ([v]) => {
  const s = toText(v ?? null);
  return s === null ? null : f(s);
};
const datePart = (from: number, to: number): Scalar => onText((s) => toNumber((instantText(s) ?? '').slice(from, to)));

function rounded(n: number, places: number): number {
  const factor = 10 ** places;
  const scaled = n * factor;
  if (!Number.isFinite(scaled)) return n;
  return (Math.sign(scaled) * Math.round(Math.abs(scaled) * (1 + Number.EPSILON))) / factor;
}

function utcDate(s: string): Date | null {
  const text = instantText(s);
  return text === null ? null : new Date(text);
}

const SCALARS: Record<string, Scalar> = {
  ABS: onNumber(Math.abs),
  CEIL: onNumber(Math.ceil),
  CEILING: onNumber(Math.ceil),
  FLOOR: onNumber(Math.floor),
  SQRT: onNumber((n) => (n < 0 ? null : Math.sqrt(n))),
  LN: onNumber((n) => (n <= 0 ? null : Math.log(n))),
  LOG10: onNumber((n) => (n <= 0 ? null : Math.log10(n))),
  EXP: onNumber(Math.exp),
  SIGN: onNumber(Math.sign),
  ROUND: ([v, p]) => {
    const n = toNumber(v ?? null);
    return n === null ? null : rounded(n, toNumber(p ?? 0) ?? 0);
  },
  BIN_FLOOR: ([v, w]) => binFloor(v ?? null, w ?? null),
  BIN: ([v, w]) => binFloor(v ?? null, w ?? null),
  UPPER: onText((s) => s.toUpperCase()),
  LOWER: onText((s) => s.toLowerCase()),
  TRIM: onText((s) => s.trim()),
  LENGTH: onText((s) => s.length),
  STRING: onText((s) => s),
  INITCAP: onText((s) => s.toLowerCase().replace(/(^|\s)\S/g, (c) => c.toUpperCase())),
  CONCAT: (args) => (args.includes(null) ? null : args.join('')),
  SUBSTRING: ([v, from, len]) => substring(v ?? null, from ?? null, len),
  SUBSTR: ([v, from, len]) => substring(v ?? null, from ?? null, len),
  REPLACE: ([v, a, b]) => (v == null || a == null ? null : String(v).replaceAll(String(a), String(b ?? ''))),
  NULLIF: ([a, b]) => (a != null && b != null && compareValues(a, b) === 0 ? null : (a ?? null)),
  TRY_DIVIDE: ([a, b]) => arithmetic('/', a ?? null, b ?? null),
  GREATEST: (args) => extreme(args.filter((v) => v !== null), 1),
  LEAST: (args) => extreme(args.filter((v) => v !== null), -1),
  DATE_TRUNC: ([unit, t]) => truncate(unit ?? null, t ?? null),
  TRUNC: ([t, unit]) => truncate(unit ?? null, t ?? null)?.slice(0, 10) ?? null,
  TO_DATE: onText((s) => instantText(s)?.slice(0, 10) ?? null),
  DATE: onText((s) => instantText(s)?.slice(0, 10) ?? null),
  TO_TIMESTAMP: onText(instantText),
  TIMESTAMP: onText(instantText),
  YEAR: datePart(0, 4),
  MONTH: datePart(5, 7),
  DAY: datePart(8, 10),
  DAYOFMONTH: datePart(8, 10),
  HOUR: datePart(11, 13),
  MINUTE: datePart(14, 16),
  QUARTER: onText((s) => {
    const d = utcDate(s);
    return d && Math.floor(d.getUTCMonth() / 3) + 1;
  }),
  DAYOFWEEK: onText((s) => {
    const d = utcDate(s);
    return d && d.getUTCDay() + 1;
  }),
  WEEKDAY: onText((s) => {
    const d = utcDate(s);
    return d && (d.getUTCDay() + 6) % 7;
  }),
};

function binFloor(v: Value, w: Value): Value {
  const n = toNumber(v);
  const width = toNumber(w);
  if (n === null || width === null || width <= 0) return null;
  return rounded(Math.floor(n / width) * width, 9);
}

function substring(v: Value, from: Value, len: Value | undefined): Value {
  const start = toNumber(from);
  if (v === null || start === null || len === null) return null;
  const text = String(v);
  const at = start > 0 ? start - 1 : start < 0 ? Math.max(0, text.length + start) : 0;
  return len === undefined ? text.slice(at) : text.slice(at, at + (toNumber(len) ?? 0));
}

function truncate(unit: Value, t: Value): string | null {
  if (unit === null || t === null) return null;
  const text = instantText(String(t));
  if (text === null) return null;
  const cut = truncateInstant(Date.parse(text), String(unit));
  if (cut === null) throw new ExpressionError(`unknown unit "${String(unit)}" of DATE_TRUNC`);
  return new Date(cut).toISOString();
}

function scalar(name: string, args: Node[], of: (n: Node) => Value): Value {
  // These look at later arguments only when they must.
  if (name === 'COALESCE' || name === 'IFNULL' || name === 'NVL') {
    for (const a of args) {
      const v = of(a);
      if (v !== null) return v;
    }
    return null;
  }
  if ((name === 'IF' || name === 'IFF') && args.length === 3) {
    const [test, yes, no] = args as [Node, Node, Node];
    return of(truth(of(test)) ? yes : no);
  }
  if (name === 'ISNULL' || name === 'ISNOTNULL') return args[0] ? (of(args[0]) === null) === (name === 'ISNULL') : null;
  const f = SCALARS[name];
  if (!f) throw new ExpressionError(`unknown function ${name}`);
  return f(args.map(of));
}

/** True when every function of the expression is known; throws ExpressionError that names the first that is not. */
export function checkExpression(node: Node, scope: Scope): void {
  if (node.op === 'column') columnPosition(scope, node.name);
  if (node.op === 'call') {
    const known = AGGREGATES.has(node.name) || node.name in SCALARS || ['COALESCE', 'IFNULL', 'NVL', 'IF', 'IFF', 'ISNULL', 'ISNOTNULL'].includes(node.name);
    if (!known) throw new ExpressionError(`unknown function ${node.name}`);
  }
  children(node).forEach((c) => c.op !== 'star' && checkExpression(c, scope));
}

const NUMBER_CALLS = new Set([
  'SUM', 'AVG', 'MEAN', 'COUNT', 'COUNT_IF', 'MEDIAN', 'PERCENTILE', 'PERCENTILE_APPROX', 'APPROX_PERCENTILE', 'APPROX_COUNT_DISTINCT',
  'STDDEV', 'STDDEV_SAMP', 'STDDEV_POP', 'VARIANCE', 'VAR_SAMP', 'VAR_POP', 'TRY_SUM', 'TRY_AVG', 'ABS', 'CEIL', 'CEILING', 'FLOOR', 'SQRT',
  'LN', 'LOG10', 'EXP', 'SIGN', 'ROUND', 'BIN_FLOOR', 'BIN', 'LENGTH', 'TRY_DIVIDE', 'YEAR', 'MONTH', 'DAY', 'DAYOFMONTH', 'HOUR', 'MINUTE',
  'QUARTER', 'DAYOFWEEK', 'WEEKDAY',
]);
const FIRST_ARGUMENT_CALLS = new Set(['MIN', 'MAX', 'ANY_VALUE', 'FIRST', 'LAST', 'MODE', 'MAX_BY', 'MIN_BY', 'COALESCE', 'IFNULL', 'NVL', 'NULLIF', 'GREATEST', 'LEAST']);

/** The kind of value that an expression gives. */
export function kindOf(node: Node, scope: Scope): Kind {
  switch (node.op) {
    case 'literal':
      return typeof node.value === 'number' ? 'number' : typeof node.value === 'boolean' ? 'boolean' : node.value === null ? 'unknown' : 'string';
    case 'column':
      return scope.kinds[columnPosition(scope, node.name)] ?? 'unknown';
    case 'unary':
      return node.sign === '-' ? 'number' : 'boolean';
    case 'binary':
      return '+-*/%'.includes(node.sign) ? 'number' : node.sign === '||' ? 'string' : 'boolean';
    case 'cast':
      if (['STRING', 'VARCHAR', 'CHAR'].includes(node.type)) return 'string';
      if (node.type === 'DATE') return 'date';
      return node.type.startsWith('TIMESTAMP') ? 'timestamp' : node.type === 'BOOLEAN' ? 'boolean' : 'number';
    case 'case':
      return [...node.branches.map((b) => b.then), node.otherwise].map((n) => kindOf(n, scope)).find((k) => k !== 'unknown') ?? 'unknown';
    case 'call':
      if (NUMBER_CALLS.has(node.name)) return 'number';
      if (FIRST_ARGUMENT_CALLS.has(node.name) && node.args[0]) return kindOf(node.args[0], scope);
      if (node.name === 'IF' || node.name === 'IFF') return node.args[1] ? kindOf(node.args[1], scope) : 'unknown';
      if (['DATE_TRUNC', 'TO_TIMESTAMP', 'TIMESTAMP'].includes(node.name)) return 'timestamp';
      if (['DATE', 'TO_DATE', 'TRUNC'].includes(node.name)) return 'date';
      if (['BOOL_AND', 'BOOL_OR', 'EVERY', 'ANY', 'SOME', 'ISNULL', 'ISNOTNULL'].includes(node.name)) return 'boolean';
      return 'string';
    default:
      return 'boolean';
  }
}

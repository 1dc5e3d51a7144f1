import { describe, expect, it } from 'vitest';
import { checkExpression, evaluate, isAggregate, kindOf, parseExpression, percentile } from '../src/dashboard/expression';
import type { Row, Value } from '../src/dashboard/expression';
import { makeScope } from '../src/dashboard/rows';

const scope = makeScope(['day', 'region', 'amount', 'done', 'at', 'odd name', 'big'], ['date', 'string', 'number', 'boolean', 'timestamp', 'string', 'number']);
const rows: Row[] = [
  ['2026-03-01', 'north', 10, true, '2026-03-01T10:15:30.000Z', 'a', 1],
  ['2026-03-01', 'south', 20, false, '2026-03-01T23:59:59.999Z', 'b', '9007199254740993'],
  ['2026-03-02', 'north', null, true, '2026-03-02T00:00:00.000Z', null, null],
  ['2026-04-05', null, 5, null, null, 'c', 3],
];
const of = (text: string, r: readonly Row[] = rows): Value => evaluate(parseExpression(text), r, scope);
const row = (text: string, at = 0): Value => of(text, [rows[at] as Row]);

describe('aggregates skip NULL', () => {
  it.each<[string, Value]>([
    ['SUM(`amount`)', 35],
    ['AVG(`amount`)', 35 / 3],
    ['MIN(`amount`)', 5],
    ['MAX(`amount`)', 20],
    ['COUNT(*)', 4],
    ['COUNT(`*`)', 4],
    ['COUNT(`amount`)', 3],
    ['COUNT(DISTINCT `region`)', 2],
    ['COUNT_IF(`done`)', 2],
    ['count_if(`amount` >= 10)', 2],
    ['MEDIAN(`amount`)', 10],
    ['PERCENTILE(`amount`, 0.95)', 19],
    ['MAX_BY(`region`, `amount`)', 'south'],
    ['MIN(`at`)', '2026-03-01T10:15:30.000Z'],
    ['SUM(`amount`) / COUNT(*)', 35 / 4],
    ['100 * COUNT_IF(`done`) / NULLIF(COUNT(`done`), 0)', 200 / 3],
    ['SUM(CASE WHEN `region` = "north" THEN 1 ELSE 0 END)', 2],
    ['STDDEV(`amount`)', Math.sqrt(((10 - 35 / 3) ** 2 + (20 - 35 / 3) ** 2 + (5 - 35 / 3) ** 2) / 2)],
  ])('%s', (text, expected) => {
    if (typeof expected === 'number') expect(of(text)).toBeCloseTo(expected, 9);
    else expect(of(text)).toBe(expected);
  });

  it('gives NULL, not zero, for nothing', () => {
    for (const f of ['SUM', 'AVG', 'MIN', 'MAX', 'MEDIAN', 'STDDEV']) expect(of(`${f}(\`amount\`)`, [])).toBeNull();
    expect(of('SUM(`amount`)', [rows[2] as Row])).toBeNull();
    expect(of('COUNT(*)', [])).toBe(0);
    expect(of('COUNT_IF(`done`) / NULLIF(COUNT(*), 0)', [])).toBeNull();
  });
});

describe('scalars', () => {
  it.each<[string, Value]>([
    ['DATE_TRUNC("DAY", `at`)', '2026-03-01T00:00:00.000Z'],
    ["date_trunc('HOUR', `at`)", '2026-03-01T10:00:00.000Z'],
    ['DATE_TRUNC("WEEK", `at`)', '2026-02-23T00:00:00.000Z'],
    ['DATE_TRUNC("MONTH", `day`)', '2026-03-01T00:00:00.000Z'],
    ['DATE_TRUNC("QUARTER", `at`)', '2026-01-01T00:00:00.000Z'],
    ['DATE_TRUNC("YEAR", `at`)', '2026-01-01T00:00:00.000Z'],
    ['BIN_FLOOR(`amount`, 4)', 8],
    ['bin(`amount`, binWidth=4)', 8],
    ['`amount` * 2 + 1', 21],
    ['-`amount`', -10],
    ['(`amount` + 2) * 3', 36],
    ['`amount` / 0', null],
    ['`amount` % 3', 1],
    ['ROUND(2.345, 2)', 2.35],
    ['COALESCE(NULL, `region`, "x")', 'north'],
    ['IF(`done`, "yes", "no")', 'yes'],
    ['CONCAT(`region`, "-", `odd name`)', 'north-a'],
    ['`region` || "!"', 'north!'],
    ['UPPER(`region`)', 'NORTH'],
    ['SUBSTRING(`region`, 2, 3)', 'ort'],
    ['CAST(`amount` AS STRING)', '10'],
    ['CAST("7" AS INT) + 1', 8],
    ['`at`::DATE', '2026-03-01'],
    ['TO_DATE(`at`)', '2026-03-01'],
    ['YEAR(`at`)', 2026],
    ['DAYOFWEEK(`at`)', 1],
    ['`region` IN ("north", "west")', true],
    ['`region` NOT IN ("south")', true],
    ['`amount` BETWEEN 5 AND 10', true],
    ['`region` LIKE "n%h"', true],
    ['NOT `done`', false],
    ['`amount` > 5 AND `region` = "north"', true],
    ['CASE `region` WHEN "north" THEN 1 ELSE 2 END', 1],
    ['`dataset`.`amount`', 10],
    ['TRY_DIVIDE(1, 0)', null],
    ['"it\\"s"', 'it"s'],
    ["'it''s'", "it's"],
  ])('%s', (text, expected) => expect(row(text)).toEqual(expected));

  it('spreads NULL', () => {
    expect(row('`amount` + 1', 2)).toBeNull();
    expect(row('`amount` > 1', 2)).toBeNull();
    expect(row('`amount` > 1 OR TRUE', 2)).toBe(true);
    expect(row('`amount` > 1 AND FALSE', 2)).toBe(false);
    expect(row('`amount` IS NULL', 2)).toBe(true);
    expect(row('`amount` <=> NULL', 2)).toBe(true);
    expect(row('`region` IN ("x", NULL)', 0)).toBeNull();
    expect(row('CONCAT(`region`, "x")', 3)).toBeNull();
    expect(row('DATE_TRUNC("DAY", `at`)', 3)).toBeNull();
  });
});

describe('what is not known is named', () => {
  const fails = (text: string): string => {
    try {
      const node = parseExpression(text);
      checkExpression(node, scope);
      evaluate(node, rows, scope);
    } catch (e) {
      return (e as Error).message;
    }
    return 'no error';
  };
  it.each([
    ['REGEXP_EXTRACT(`region`, "x")', 'unknown function REGEXP_EXTRACT'],
    ['SUM(`amnt`)', 'unknown column "amnt"'],
    ['SUM(`amount`', 'expected ")" before "the end"'],
    ['SUM(`amount`) SUM', 'unexpected "SUM"'],
    ['DATE_TRUNC("FORTNIGHT", `at`)', 'unknown unit "FORTNIGHT" of DATE_TRUNC'],
    ['SUM(`region`)', 'SUM of "north", which is not a number'],
    ['SUM(AVG(`amount`))', 'SUM of an aggregate'],
    ['PERCENTILE(`amount`, 95)', 'PERCENTILE needs a share between 0 and 1'],
    ['CAST(`amount` AS POINT)', 'unknown type POINT'],
    ['MEASURE(`missing`)', 'unknown measure "missing"'],
    ['', 'ends too early'],
    ['§', 'cannot read "§"'],
  ])('%s', (text, message) => expect(fails(text)).toBe(message));

  it('refuses endless nesting', () => expect(fails('('.repeat(5000) + '1' + ')'.repeat(5000))).toBe('nested too deeply'));
});

describe('measures', () => {
  const measures = new Map([['Total', 'SUM(`amount`)'], ['Share', 'MEASURE(`Total`) / COUNT(*)'], ['loop', 'MEASURE(`loop`)']]);
  it('are put in place', () => {
    expect(evaluate(parseExpression('MEASURE(`Share`)', measures), rows, scope)).toBeCloseTo(8.75);
    expect(isAggregate(parseExpression('MEASURE(`Share`)', measures))).toBe(true);
  });
  it('may not refer to themselves', () => expect(() => parseExpression('MEASURE(`loop`)', measures)).toThrow('refers to itself'));
});

describe('kinds', () => {
  it.each([
    ['SUM(`amount`)', 'number'],
    ['DATE_TRUNC("DAY", `at`)', 'timestamp'],
    ['MAX(`at`)', 'timestamp'],
    ['`day`', 'date'],
    ['`region`', 'string'],
    ['CASE WHEN `done` THEN `amount` END', 'number'],
    ['`amount` > 1', 'boolean'],
    ['CAST(`at` AS DATE)', 'date'],
  ])('%s is a %s', (text, kind) => expect(kindOf(parseExpression(text), scope)).toBe(kind));
});

it('computes exact percentiles as Spark does', () => {
  // percentile(array(1, 2, 3, 4), p) of Spark
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(percentile([4, 1, 3, 2], 0.95)).toBeCloseTo(3.85, 12);
  expect(percentile([7], 0.95)).toBe(7);
});

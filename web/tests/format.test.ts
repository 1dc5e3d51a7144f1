import { describe, expect, it } from 'vitest';
import { formatBytes, formatIntegerText, formatNumber, readNumberFormat, readNumeralFormat } from '../src/lib/format';
import type { NumberFormat } from '../src/lib/format';

const shown = (n: number, format: unknown): string => formatNumber(n, readNumberFormat(format));

describe('formats of encodings', () => {
  it.each<[number, unknown, string]>([
    [1234567.891, { type: 'number-currency', currencyCode: 'USD', decimalPlaces: { type: 'exact', places: 2 } }, '$1,234,567.89'],
    [1234567.891, { type: 'number-currency', currencyCode: 'EUR', abbreviation: 'compact', decimalPlaces: { type: 'max', places: 1 } }, '€1.2M'],
    [-12.5, { type: 'number-currency', currencyCode: 'GBP' }, '−£12.50'],
    [0.4523, { type: 'number-percent', decimalPlaces: { type: 'max', places: 1 } }, '45.2%'],
    [0.05, { type: 'number-percent', decimalPlaces: { type: 'exact', places: 1 } }, '5.0%'],
    [1.2345, { type: 'number-percent', decimalPlaces: { type: 'max', places: 1 } }, '123.5%'],
    [1, { type: 'number-percent', decimalPlaces: { type: 'max', places: 2 } }, '100%'],
    [1234, { type: 'number', abbreviation: 'compact', decimalPlaces: { type: 'max', places: 1 } }, '1.2K'],
    [999.96e6, { type: 'number-plain', abbreviation: 'compact' }, '1B'],
    [1.2, { type: 'number-plain', decimalPlaces: { type: 'exact', places: 2 } }, '1.20'],
    [1.2, { type: 'number-plain', decimalPlaces: { type: 'max', places: 2 } }, '1.2'],
    [1234, { type: 'number-plain', hideGroupSeparator: true, decimalPlaces: { type: 'max', places: 0 } }, '1234'],
    [-0.0001, { type: 'number-plain', decimalPlaces: { type: 'exact', places: 2 } }, '0.00'],
    [0.125, { type: 'number-plain', decimalPlaces: { type: 'exact', places: 2 } }, '0.13'],
    [1.005, { type: 'number-plain', decimalPlaces: { type: 'exact', places: 2 } }, '1.01'],
  ])('%d as %j', (n, format, expected) => expect(shown(n, format)).toBe(expected));

  it('ignores what is no number format', () => {
    expect(readNumberFormat(null)).toBeNull();
    expect(readNumberFormat({ type: 'date' })).toBeNull();
  });
});

describe('plain numbers', () => {
  it.each([[0, '0'], [42, '42'], [1234567, '1,234,567'], [3.14159, '3.14'], [123.456, '123.5'], [12345.678, '12,346'], [0.00123456, '0.00123'], [-7.5, '−7.5']])('%d', (n, expected) => expect(formatNumber(n)).toBe(expected));
  it('never shows NaN or infinity', () => expect([formatNumber(NaN), formatNumber(Infinity)]).toEqual(['–', '–']));
  it('keeps every digit of a large integer', () => expect(formatIntegerText('-9007199254740993')).toBe('−9,007,199,254,740,993'));
});

describe('bytes', () => {
  it.each([[0, '0 B'], [512, '512 B'], [1024, '1 KiB'], [1536, '1.5 KiB'], [1048576, '1 MiB'], [1023.99 * 1024, '1 MiB'], [5.5 * 2 ** 40, '5.5 TiB']])('%d', (n, expected) => expect(formatBytes(n)).toBe(expected));
});

describe('numeral patterns', () => {
  it.each<[string, number, string]>([
    ['0,0', 1234.6, '1,235'],
    ['0,0.00', 1234.5, '1,234.50'],
    ['0.0[000]', 0.23, '0.23'],
    ['0.0[000]', 0.23456, '0.2346'],
    ['$0,0[.]00', 1001, '$1,001'],
    ['0.0a', 1230974, '1.2M'],
    ['0.0 ib', 2048, '2.0 KiB'],
    ['0.0 b', 3072, '3.1 kB'],
    ['0.0%', 97.48, '97.5%'],
  ])('%s of %d', (pattern, n, expected) => expect(formatNumber(n, readNumeralFormat(pattern) as NumberFormat)).toBe(expected));
  it('gives up on others', () => expect([readNumeralFormat('0o'), readNumeralFormat('hh:mm')]).toEqual([null, null]));
});

import { describe, expect, it } from 'vitest';
import { formatAge, formatAgo, formatDuration, formatInstant, formatPattern, isDaily, resolveTime, truncateInstant, zoneName } from '../src/lib/time';

const now = Date.parse('2026-11-21T09:29:15.250Z'); // Saturday, 10:29 in Berlin
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

describe('relative times of dashboard files (Berlin)', () => {
  it.each<[string, boolean, string | null]>([
    ['now', false, '2026-11-21T09:29:15.250Z'],
    ['now-24h', false, '2026-11-20T09:29:15.250Z'],
    ['now-30d/d', false, '2026-10-21T22:00:00.000Z'], // summer time then
    ['now/d', false, '2026-11-20T23:00:00.000Z'],
    ['now/d', true, '2026-11-21T22:59:59.999Z'],
    ['now/w', false, '2026-11-15T23:00:00.000Z'],
    ['now-12M/M', false, '2025-10-31T23:00:00.000Z'],
    ['now/y', true, '2026-12-31T22:59:59.999Z'],
    ['2026-03-01', false, '2026-02-28T23:00:00.000Z'],
    ['2026-03-01', true, '2026-03-01T22:59:59.999Z'],
    ['2026-03-01T12:00:00Z', false, '2026-03-01T12:00:00.000Z'],
    ['yesterday', false, null],
  ])('%s, end %s', (text, end, expected) => expect(iso(resolveTime(text, now, end))).toBe(expected));
});

it('truncates in UTC, weeks from Monday', () => {
  expect(iso(truncateInstant(now, 'WEEK'))).toBe('2026-11-16T00:00:00.000Z');
  expect(iso(truncateInstant(Date.parse('2026-11-16T00:00:00Z'), 'week'))).toBe('2026-11-16T00:00:00.000Z');
  expect(iso(truncateInstant(Date.parse('1969-12-30T12:00:00Z'), 'WEEK'))).toBe('1969-12-29T00:00:00.000Z');
  expect(truncateInstant(now, 'FORTNIGHT')).toBeNull();
});

it('shows the time of the reader', () => {
  expect(formatInstant(now)).toBe('2026-11-21 10:29:15');
  expect(zoneName(now)).toBe('UTC+1');
});

it('follows the patterns of files', () => {
  expect(formatPattern(now, 'YYYY-MM-DD HH:mm', false)).toBe('2026-11-21 10:29');
  expect(formatPattern(now, 'D MMM YY, h:mm A [UTC]', true)).toBe('21 Nov 26, 9:29 AM UTC');
});

it('knows days', () => {
  expect(isDaily([Date.parse('2026-11-21T00:00:00Z'), Date.parse('2026-11-22T00:00:00Z')])).toBe(true);
  expect(isDaily([now])).toBe(false);
  expect(isDaily([])).toBe(false);
});

it('shows ages and durations', () => {
  expect([formatAge(5_000), formatAge(61_000), formatAge(3 * 3_600_000), formatAge(50 * 3_600_000)]).toEqual(['5 s', '1 min', '3 h', '2 days']);
  expect(formatAgo(now - 500, now)).toBe('just now');
  expect([formatDuration(850), formatDuration(42_500), formatDuration(200_000), formatDuration(7_500_000)]).toEqual(['850 ms', '42.5 s', '3 min 20 s', '2 h 5 min']);
});

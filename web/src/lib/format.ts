/** Number formats of dashboard encodings. The same digits for every reader: 1,234.5, never the browser's locale. */

export interface NumberFormat {
  type: 'plain' | 'currency' | 'percent' | 'bytes';
  currency?: string;
  compact?: boolean;
  places?: { kind: 'max' | 'exact'; count: number };
  grouping?: boolean;
  scaled?: boolean; // a percentage that is 97.5, not 0.975
  decimalBytes?: boolean; // kB of 1000 bytes
}

const SYMBOLS: Record<string, string> = {
  USD: '$', EUR: '€', GBP: '£', JPY: '¥', CNY: '¥', INR: '₹', AUD: 'A$', CAD: 'C$', CHF: 'CHF ', SEK: 'SEK ', NOK: 'NOK ', DKK: 'DKK ',
  KRW: '₩', BRL: 'R$', MXN: 'MX$', NZD: 'NZ$', SGD: 'S$', HKD: 'HK$', PLN: 'PLN ',
};

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Rounds half away from zero, as people do on paper: 0.125 to two places is 0.13. */
function fixed(n: number, places: number): string {
  const shifted = Number(`${Math.abs(n)}e${places}`);
  if (!Number.isFinite(shifted) || shifted > 1e20) return Math.abs(n).toFixed(places);
  return (Math.round(shifted) / 10 ** places).toFixed(places);
}

function digits(n: number, places: { kind: 'max' | 'exact'; count: number }, grouping: boolean): string {
  let text = fixed(n, Math.min(places.count, 12));
  if (places.kind === 'max' && text.includes('.')) text = text.replace(/\.?0+$/, '');
  const [whole = '0', part] = text.split('.');
  const sign = n < 0 && Number(text) !== 0 ? '−' : '';
  return sign + (grouping ? group(whole) : whole) + (part ? `.${part}` : '');
}

const COMPACT: [number, string][] = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'K']];
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const DECIMAL_BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

export function formatBytes(n: number, places?: NumberFormat['places'], decimal = false): string {
  const base = decimal ? 1000 : 1024;
  let at = 0;
  let v = Math.abs(n);
  while (v >= base - 0.05 && at < BYTES.length - 1) {
    v /= base;
    at++;
  }
  const kind = at === 0 ? { kind: 'max' as const, count: 0 } : (places ?? { kind: 'max' as const, count: v >= 100 ? 0 : 1 });
  return `${digits(n < 0 ? -v : v, kind, true)} ${(decimal ? DECIMAL_BYTES : BYTES)[at]}`;
}

/** Two decimals below ten, one below a hundred... so that a plain number shows three or four digits that matter. */
function automaticPlaces(n: number): { kind: 'max'; count: number } {
  const a = Math.abs(n);
  if (Number.isInteger(n) || a >= 1000) return { kind: 'max', count: 0 };
  return { kind: 'max', count: a >= 100 ? 1 : a >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(a || 1))) };
}

export function formatNumber(n: number, format?: NumberFormat | null): string {
  if (!Number.isFinite(n)) return '–';
  const f = format ?? { type: 'plain' };
  const grouping = f.grouping !== false;
  if (f.type === 'bytes') return formatBytes(n, f.places, f.decimalBytes);
  if (f.type === 'percent') return `${digits(f.scaled ? n : n * 100, f.places ?? { kind: 'max', count: 2 }, grouping)}%`;
  let value = n;
  let suffix = '';
  if (f.compact) {
    for (const [size, letter] of COMPACT) {
      if (Math.abs(n) >= size * 0.9995) {
        value = n / size;
        suffix = letter;
        break;
      }
    }
  }
  const fallback = f.type === 'currency' ? { kind: 'exact' as const, count: suffix ? 1 : 2 } : suffix ? { kind: 'max' as const, count: 1 } : automaticPlaces(value);
  const text = digits(value, f.places ?? fallback, grouping) + suffix;
  if (f.type !== 'currency') return text;
  const symbol = SYMBOLS[f.currency ?? 'USD'] ?? `${f.currency} `;
  return text.startsWith('−') ? `−${symbol}${text.slice(1)}` : symbol + text;
}

/** A whole number that arrives as text because it is beyond 2^53. */
export function formatIntegerText(text: string): string {
  return text.startsWith('-') ? `−${group(text.slice(1))}` : group(text);
}

/** `format` of an encoding ({type: "number-percent", decimalPlaces: {...}}); null when there is none. */
export function readNumberFormat(raw: unknown): NumberFormat | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const r = raw as Record<string, unknown>;
  const type = String(r['type'] ?? '');
  if (!type.startsWith('number')) return null;
  const format: NumberFormat = { type: 'plain' };
  if (type === 'number-currency') format.type = 'currency';
  if (type === 'number-percent') format.type = 'percent';
  if (type === 'number-bytes' || type === 'number-byte') format.type = 'bytes';
  if (typeof r['currencyCode'] === 'string') format.currency = r['currencyCode'];
  if (r['abbreviation'] === 'compact') format.compact = true;
  if (r['hideGroupSeparator'] === true) format.grouping = false;
  const places = r['decimalPlaces'] as { type?: string; places?: number } | undefined;
  if (places && typeof places.places === 'number') {
    format.places = { kind: places.type === 'max' ? 'max' : 'exact', count: Math.max(0, Math.min(10, places.places)) };
  }
  return format;
}

/**
 * Older tables and charts carry numeral patterns: "0,0.00", "$0,0[.]00", "0.0a", "0.0 ib" (1024), "0 b" (1000), "0.0%" (the value
 * is a percentage already). null: not understood.
 */
export function readNumeralFormat(pattern: string): NumberFormat | null {
  const m = /^[(+]?(\$ ?)?(0[0,]*)?(?:\[?\.\]?(0*)(\[0+\])?)?\s*(%|a|ib|b|\$)?\)?$/i.exec(pattern.trim());
  if (!m) return null;
  const optional = m[4] ? m[4].length - 2 : pattern.includes('[.]') ? (m[3] ?? '').length : 0;
  const count = pattern.includes('[.]') ? optional : (m[3] ?? '').length + optional;
  const format: NumberFormat = { type: 'plain', grouping: (m[2] ?? '').includes(','), places: { kind: optional ? 'max' : 'exact', count } };
  const suffix = (m[5] ?? '').toLowerCase();
  if (m[1] || suffix === '$') format.type = 'currency';
  if (suffix === '%') {
    format.type = 'percent';
    format.scaled = true;
  }
  if (suffix === 'a') format.compact = true;
  if (suffix === 'b' || suffix === 'ib') format.type = 'bytes';
  if (suffix === 'b') format.decimalBytes = true;
  return format;
}

/** Instants are milliseconds since 1970 UTC. Shown in the reader's zone, except values that are days (see isDaily). */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Start of the unit that holds the instant, in UTC; null when the unit is unknown. Weeks start on Monday. */
export function truncateInstant(ms: number, unit: string): number | null {
  const d = new Date(ms);
  const y = d.getUTCFullYear();
  const m = d.getUTCMonth();
  switch (unit.toUpperCase()) {
    case 'SECOND': return Math.floor(ms / 1000) * 1000;
    case 'MINUTE': return Math.floor(ms / MINUTE) * MINUTE;
    case 'HOUR': return Math.floor(ms / HOUR) * HOUR;
    case 'DAY': case 'DD': return Math.floor(ms / DAY) * DAY;
    case 'WEEK': return (Math.floor((ms / DAY - 4) / 7) * 7 + 4) * DAY;
    case 'MONTH': case 'MM': case 'MON': return Date.UTC(y, m, 1);
    case 'QUARTER': return Date.UTC(y, m - (m % 3), 1);
    case 'YEAR': case 'YYYY': case 'YY': return Date.UTC(y, 0, 1);
    default: return null;
  }
}

/* ---------------------------------------------------------------- relative times of Databricks: now-30d/d */

const RELATIVE = /^now(?:([+-]\d+)([yMwdhms]))?(?:\/([yMwdhms]))?$/;

function shift(d: Date, by: number, unit: string): void {
  if (unit === 'y') d.setFullYear(d.getFullYear() + by);
  else if (unit === 'M') d.setMonth(d.getMonth() + by);
  else if (unit === 'w') d.setDate(d.getDate() + 7 * by);
  else if (unit === 'd') d.setDate(d.getDate() + by);
  else d.setTime(d.getTime() + by * (unit === 'h' ? HOUR : unit === 'm' ? MINUTE : 1000));
}

function floorTo(d: Date, unit: string): void {
  if (unit === 's') d.setMilliseconds(0);
  else if (unit === 'm') d.setSeconds(0, 0);
  else if (unit === 'h') d.setMinutes(0, 0, 0);
  else d.setHours(0, 0, 0, 0);
  if (unit === 'w') d.setDate(d.getDate() - ((d.getDay() + 6) % 7));
  if (unit === 'M' || unit === 'y') d.setDate(1);
  if (unit === 'y') d.setMonth(0);
}

/**
 * The instant of "now-30d/d" or of an ISO time. As the end of a range a rounded time means the end of its unit.
 * null when the text is neither. Days are those of the reader.
 */
export function resolveTime(text: string, now: number, end: boolean): number | null {
  const m = RELATIVE.exec(text.trim());
  if (!m) {
    const iso = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T${end ? '23:59:59.999' : '00:00:00'}` : text;
    const ms = Date.parse(iso);
    return Number.isNaN(ms) ? null : ms;
  }
  const d = new Date(now);
  if (m[1] && m[2]) shift(d, Number(m[1]), m[2]);
  if (m[3]) {
    floorTo(d, m[3]);
    if (end) {
      shift(d, 1, m[3]);
      d.setTime(d.getTime() - 1);
    }
  }
  return d.getTime();
}

/* ---------------------------------------------------------------- showing */

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 2026-11-21 09:29:15 in the reader's zone. */
export function formatInstant(ms: number, seconds = true): string {
  const d = new Date(ms);
  const day = `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
  const clock = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
  return seconds ? `${day} ${clock}:${pad(d.getSeconds())}` : `${day} ${clock}`;
}

/** A time by a pattern of moment.js as files carry it: "YYYY-MM-DD HH:mm". Parts that are not known stay as they are. */
export function formatPattern(ms: number, pattern: string, utc: boolean): string {
  const d = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * MINUTE);
  const parts: Record<string, string> = {
    YYYY: pad(d.getUTCFullYear(), 4), YY: pad(d.getUTCFullYear() % 100), MMM: MONTHS[d.getUTCMonth()] ?? '', MM: pad(d.getUTCMonth() + 1), M: String(d.getUTCMonth() + 1),
    DD: pad(d.getUTCDate()), D: String(d.getUTCDate()), HH: pad(d.getUTCHours()), H: String(d.getUTCHours()), hh: pad(d.getUTCHours() % 12 || 12), h: String(d.getUTCHours() % 12 || 12),
    mm: pad(d.getUTCMinutes()), ss: pad(d.getUTCSeconds()), SSS: pad(d.getUTCMilliseconds(), 3), A: d.getUTCHours() < 12 ? 'AM' : 'PM', a: d.getUTCHours() < 12 ? 'am' : 'pm',
  };
  return pattern.replace(/\[([^\]]*)\]|YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A|a/g, (m, text: string | undefined) => text ?? parts[m] ?? m);
}

/** 21 Nov 2026 in the reader's zone. */
export function formatDay(ms: number): string {
  const d = new Date(ms);
  return `${d.getDate()} ${MONTHS[d.getMonth()]} ${d.getFullYear()}`;
}

/** 2026-11-21 in the reader's zone, as date inputs want it. */
export function isoDay(ms: number): string {
  const d = new Date(ms);
  return `${pad(d.getFullYear(), 4)}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

/** "4 s", "12 min", "3 h", "5 days": one unit, rounded down. */
export function formatAge(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 2 * 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} days`;
}

export function formatAgo(at: number, now: number): string {
  const age = now - at;
  return age < 10_000 ? 'just now' : `${formatAge(age)} ago`;
}

/** "0.8 s", "42.5 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  const m = Math.round(s / 60);
  if (m < 48 * 60) return m % 60 ? `${Math.floor(m / 60)} h ${m % 60} min` : `${m / 60} h`;
  return `${Math.floor(m / 1440)} d ${Math.floor((m % 1440) / 60)} h`;
}

/** True when all instants are midnights UTC: they are days, weeks or months and belong to no zone. */
export function isDaily(instants: readonly number[]): boolean {
  return instants.length > 0 && instants.every((ms) => ms % DAY === 0);
}

export function formatUtcDay(ms: number): string {
  const d = new Date(ms);
  return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
}

/** The reader's zone as UTC+1 or so. */
export function zoneName(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const sign = minutes < 0 ? '−' : '+';
  const a = Math.abs(minutes);
  return `UTC${sign}${Math.floor(a / 60)}${a % 60 ? `:${pad(a % 60)}` : ''}`;
}

/** Colours of charts: read from the style sheet, so that light and dark are defined in one place. */

export interface ChartColors {
  text: string;
  muted: string;
  line: string;
  grid: string;
  surface: string;
  accent: string;
  series: string[];
  ramp: string[];
}

/** `palette`: colours of the file's own theme, empty for ours. */
export function chartColors(palette: readonly string[]): ChartColors {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: get('--text'),
    muted: get('--muted'),
    line: get('--border-strong'),
    grid: get('--border'),
    surface: get('--surface'),
    accent: get('--accent'),
    series: palette.length ? [...palette] : Array.from({ length: 8 }, (_, i) => get(`--series-${i + 1}`)),
    ramp: Array.from({ length: 5 }, (_, i) => get(`--ramp-${i + 1}`)),
  };
}

export const CHART_FONT = 'Inter, system-ui, -apple-system, "Segoe UI", sans-serif';

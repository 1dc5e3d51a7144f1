import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Widget } from '../dashboard/model';
import type { Result } from '../dashboard/query';
import { useTheme } from '../shell/theme';
import { chartOption } from './options';
import { chartColors } from './theme';
import type { init as Init } from './echarts';

let library: Promise<{ init: typeof Init }> | null = null;

/** Starts loading the drawing library; the page does so while the first data is on its way. */
export function loadCharts(): Promise<{ init: typeof Init }> {
  library ??= import('./echarts').catch((e: unknown) => {
    library = null;
    throw e;
  });
  return library;
}

export function Chart({ widget, result, label, palette }: { widget: Widget; result: Result; label: string; palette: readonly string[] }): JSX.Element {
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof Init> | null>(null);
  const [failed, setFailed] = useState(false);
  // Computed while rendering, so that a bad encoding becomes the error state of its tile.
  const [width, setWidth] = useState(480);
  const option = useMemo(() => chartOption(widget, result, chartColors(palette), width), [widget, result, theme, width, palette]);
  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | null = null;
    loadCharts().then(({ init }) => {
      const element = box.current;
      if (gone || !element) return;
      const follow = (): void => setWidth(Math.round(element.clientWidth / 40) * 40);
      follow();
      chart.current = init(element, null, { renderer: 'canvas' });
      chart.current.setOption(latest.current, { notMerge: true });
      observer = new ResizeObserver(() => {
        chart.current?.resize();
        follow();
      });
      observer.observe(element);
      element.dataset['drawn'] = 'true';
    }, () => setFailed(true));
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);
  const latest = useRef(option);
  latest.current = option;
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);
  if (failed) return <p class="tile-note">The charts could not be loaded. Reload the page.</p>;
  return <div class="chart" ref={box} role="img" aria-label={label} />;
}

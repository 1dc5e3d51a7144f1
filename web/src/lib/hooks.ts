import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export type Loaded<T> = { state: 'loading'; previous: T | null } | { state: 'ready'; value: T } | { state: 'failed'; error: unknown; previous: T | null };

function latest<T>(l: Loaded<T>): T | null {
  return l.state === 'ready' ? l.value : l.previous;
}

/** Loads something and again when a dependency changes; an answer that came too late is dropped. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, dependencies: readonly unknown[]): Loaded<T> & { reload: () => void } {
  const [result, setResult] = useState<Loaded<T>>({ state: 'loading', previous: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setResult((old) => ({ state: 'loading', previous: latest(old) }));
    load(controller.signal).then(
      (value) => controller.signal.aborted || setResult({ state: 'ready', value }),
      (error: unknown) => controller.signal.aborted || setResult((old) => ({ state: 'failed', error, previous: latest(old) })),
    );
    return () => controller.abort();
  }, [...dependencies, turn]);
  const reload = useCallback(() => setTurn((t) => t + 1), []);
  return { ...result, reload };
}

/** Calls f now and every so many milliseconds while the page is visible. */
export function usePolling(f: () => void, milliseconds: number, dependencies: readonly unknown[]): void {
  const saved = useRef(f);
  saved.current = f;
  useEffect(() => {
    const tick = (): void => {
      if (document.visibilityState === 'visible') saved.current();
    };
    saved.current();
    const timer = setInterval(tick, milliseconds);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [milliseconds, ...dependencies]);
}

/** Closes a menu when something else is clicked or Escape is pressed. */
export function useDismiss(open: boolean, close: () => void): (element: HTMLElement | null) => void {
  const box = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (!open) return;
    const onDown = (e: Event): void => {
      if (box.current && !box.current.contains(e.target as Node)) close();
    };
    const onKey = (e: KeyboardEvent): void => {
      if (e.key !== 'Escape') return;
      close();
      box.current?.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
    };
    document.addEventListener('pointerdown', onDown);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onDown);
      document.removeEventListener('keydown', onKey);
    };
  }, [open, close]);
  return useCallback((element: HTMLElement | null) => {
    box.current = element;
  }, []);
}

/** Title of the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · secchi`;
  }, [title]);
}

/** Width of an element in pixels, followed. */
export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(window.innerWidth);
  const observer = useRef<ResizeObserver | null>(null);
  const attach = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver((entries) => {
      const w = entries[0]?.contentRect.width;
      if (w) setWidth(Math.round(w));
    });
    observer.current.observe(element);
    setWidth(Math.round(element.getBoundingClientRect().width));
  }, []);
  return [attach, width];
}

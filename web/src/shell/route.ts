/** The address: #/dashboards/health?page=x, #/tables/schema.name, #/runs/12, #/sql. */
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  parts: string[];
  query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map((p) => {
    try {
      return decodeURIComponent(p);
    } catch {
      return p;
    }
  });
  return { parts, query: new URLSearchParams(query) };
}

export function href(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function useRoute(): Route {
  const [route, set] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const update = (): void => set(parseRoute(location.hash));
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, []);
  return route;
}

/** Changes the query of the address without a new entry in the history. */
export function replaceQuery(route: Route, change: Record<string, string | null>): void {
  const query = new URLSearchParams(route.query);
  for (const [k, v] of Object.entries(change)) {
    if (v === null) query.delete(k);
    else query.set(k, v);
  }
  const text = query.toString();
  const next = `${href(...route.parts)}${text ? `?${text}` : ''}`;
  if (next === location.hash) return;
  history.replaceState(null, '', next);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

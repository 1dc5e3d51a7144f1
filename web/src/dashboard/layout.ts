/** Where widgets stand: the grid of the file on a wide screen, two columns on a middle one and on a phone. */
import type { Placed, Position } from './model';

export type Width = 'wide' | 'middle' | 'phone';

export const ROW_HEIGHT = 44;
export const GAP = 12;

export function widthClass(pixels: number): Width {
  return pixels >= 900 ? 'wide' : pixels >= 560 ? 'middle' : 'phone';
}

/** Databricks lays out on 6 columns; newer files on 12. */
export function columnsOf(widgets: readonly Placed[]): number {
  return widgets.some((w) => w.position.x + w.position.width > 6) ? 12 : 6;
}

/** Columns of the grid at a width. */
export function gridColumns(widgets: readonly Placed[], width: Width): number {
  return width === 'wide' ? columnsOf(widgets) : width === 'middle' ? 6 : 2;
}

/** Widgets in reading order with their places, counted from 0. */
export function place(widgets: readonly Placed[], width: Width): { item: Placed; at: Position }[] {
  const ordered = [...widgets].sort((a, b) => a.position.y - b.position.y || a.position.x - b.position.x);
  if (width === 'wide') return ordered.map((item) => ({ item, at: item.position }));
  const columns = gridColumns(widgets, width);
  const placed: { item: Placed; at: Position }[] = [];
  let row: Position[] = [];
  let y = 0;
  // A row is as high as its highest widget, and its last one takes what is left of it.
  const endRow = (): void => {
    const height = Math.max(0, ...row.map((p) => p.height));
    const last = row[row.length - 1];
    if (last) last.width = columns - last.x;
    for (const p of row) p.height = height;
    y += height;
    row = [];
  };
  for (const item of ordered) {
    const share = spanOf(item, columnsOf(widgets), width);
    const x = row.reduce((n, p) => n + p.width, 0);
    if (x + share > columns) endRow();
    const at: Position = { x: row.reduce((n, p) => n + p.width, 0), y, width: share, height: heightOf(item, width) };
    row.push(at);
    placed.push({ item, at });
  }
  endRow();
  return placed;
}

/** Columns that a widget gets on a narrow screen: counters stand three or two in a row, charts two or alone. */
function spanOf(item: Placed, columns: number, width: Width): number {
  const small = item.position.width * 2 <= columns;
  if (item.widget.type === 'counter' && small) return width === 'middle' ? 2 : 1;
  if (width === 'phone') return 2;
  return small && item.widget.type !== 'table' && item.widget.type !== 'text' ? 3 : 6;
}

function heightOf(item: Placed, width: Width): number {
  const h = item.position.height;
  if (width === 'middle' || item.widget.type === 'counter' || item.widget.type === 'text') return h;
  return Math.min(8, Math.max(5, h)); // a chart on a phone needs room, but never the whole screen
}

/** Height of a grid of n rows in pixels. */
export function pixels(rows: number): number {
  return rows * ROW_HEIGHT + (rows - 1) * GAP;
}

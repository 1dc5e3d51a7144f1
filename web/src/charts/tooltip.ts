/** The box that follows the pointer, built as elements: values are text, never HTML. */

export interface TooltipRow {
  label: string;
  value: string;
  color: string | null;
}

const LIMIT = 14;

export function tooltipBox(title: string, rows: TooltipRow[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tooltip';
  const head = document.createElement('div');
  head.className = 'tooltip-title';
  head.textContent = title;
  box.append(head);
  for (const r of rows.slice(0, LIMIT)) {
    const line = document.createElement('div');
    line.className = 'tooltip-row';
    const mark = document.createElement('i');
    if (r.color) mark.style.backgroundColor = r.color;
    const label = document.createElement('span');
    label.textContent = r.label;
    const value = document.createElement('b');
    value.textContent = r.value;
    line.append(mark, label, value);
    box.append(line);
  }
  if (rows.length > LIMIT) {
    const more = document.createElement('div');
    more.className = 'tooltip-more';
    more.textContent = `and ${rows.length - LIMIT} more`;
    box.append(more);
  }
  return box;
}

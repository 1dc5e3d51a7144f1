import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { useDismiss } from '../lib/hooks';

interface MenuProps {
  button: ComponentChildren;
  className: string;
  label?: string;
  current?: boolean;
  right?: boolean;
  boxClass?: string;
  children: (close: () => void) => ComponentChildren;
}

/** A button with a menu: opened by click, Enter or arrow down; the arrows walk through it, Escape closes it. */
export function Menu({ button, className, label, current, right, boxClass, children }: MenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  const attach = useDismiss(open, close);
  const panel = useRef<HTMLDivElement>(null);
  const items = (): HTMLElement[] => [...(panel.current?.querySelectorAll<HTMLElement>('[role="menuitem"]:not(:disabled)') ?? [])];
  useEffect(() => {
    if (open) items()[0]?.focus();
  }, [open]);
  const walk = (e: KeyboardEvent): void => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[e.key];
    if (e.key === 'Tab') close();
    if (next === undefined || !all.length) return;
    e.preventDefault();
    all[(next + all.length) % all.length]?.focus();
  };
  return (
    <div class={`popover ${boxClass ?? ''}`} ref={attach}>
      <button type="button" class={className} aria-haspopup="menu" aria-expanded={open} aria-label={label} aria-current={current ? 'page' : undefined} onClick={() => setOpen(!open)}
        onKeyDown={(e) => { if (e.key === 'ArrowDown' && !open) { e.preventDefault(); setOpen(true); } }}>{button}</button>
      {open ? <div class={right ? 'panel panel-right' : 'panel'} role="menu" aria-label={label} ref={panel} onKeyDown={walk}>{children(close)}</div> : null}
    </div>
  );
}

import type { JSX } from 'preact';

/** A Secchi disk: the black and white quarters that are lowered into a lake to see how clear it is. */
export function Disk(): JSX.Element {
  return (
    <svg class="disk" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <circle cx="12" cy="12" r="10.5" class="disk-light" />
      <path d="M12 12V1.5A10.5 10.5 0 0 1 22.5 12ZM12 12v10.5A10.5 10.5 0 0 1 1.5 12Z" class="disk-dark" />
      <circle cx="12" cy="12" r="10.5" class="disk-rim" />
    </svg>
  );
}

const PATHS: Record<string, string> = {
  refresh: 'M13.5 3v3.5H10M2.5 13V9.5H6M13 6.5A5.5 5.5 0 0 0 3.4 5M3 9.5A5.5 5.5 0 0 0 12.6 11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3.05 3.05l1.06 1.06M11.9 11.9l1.05 1.05M3.05 12.95l1.06-1.06M11.9 4.1l1.05-1.05',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  auto: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 2v12',
  down: 'M4 6l4 4 4-4',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 5v3l2 1.5',
  warn: 'M8 2.5 14.5 13.5h-13ZM8 6.5v3M8 11.5h.01',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5 14 14',
  up: 'M8 13V3M4 7l4-4 4 4',
};

export function Icon({ name }: { name: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width={name === 'more' ? 2.2 : 1.5} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name] ?? ''} />
    </svg>
  );
}

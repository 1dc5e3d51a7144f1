import type { ComponentChildren, JSX } from 'preact';
import { formatAgo, formatInstant } from '../lib/time';

export function Time({ at, now }: { at: string | null; now: number }): JSX.Element {
  const ms = Date.parse(at ?? '');
  return Number.isNaN(ms) ? (
    <span class="null">–</span>
  ) : (
    <time dateTime={at ?? ''} title={formatInstant(ms)}>
      {formatAgo(ms, now)}
    </time>
  );
}

/** The heading of a column of numbers. */
export const right = (text: string): JSX.Element => (
  <th scope="col" class="align-right">
    {text}
  </th>
);

interface ListProps {
  heads: (string | JSX.Element)[];
  class?: string;
  tall?: boolean;
  children: ComponentChildren;
}

/** A table of a card: headings (a text, or the cell itself) and the rows. */
export function List({ heads, class: name = '', tall = true, children }: ListProps): JSX.Element {
  return (
    <div class={`list-scroll${tall ? ' tall' : ''}`}>
      <table class={`list ${name}`.trim()}>
        <thead>
          <tr>{heads.map((h) => (typeof h === 'string' ? <th scope="col">{h}</th> : h))}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

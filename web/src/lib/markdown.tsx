/**
 * The part of Markdown that dashboards use: headings, bold, italic, code, links, lists, rules, quotes. Built as elements, never as HTML
 * text, so nothing in a file can become a script. Links lead only to http(s), mailto or places in this page; images are not loaded.
 */
import type { ComponentChildren, JSX } from 'preact';

const INLINE = /(`+)([\s\S]+?)\1|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|\*([^\s*][\s\S]*?)\*|\b_([^\s_][\s\S]*?)_\b|!?\[([^\]]*)\]\(\s*<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:\s+"[^"]*")?\s*\)/;

export function inline(text: string): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let rest = text;
  for (let m = INLINE.exec(rest); m; m = INLINE.exec(rest)) {
    if (m.index) out.push(rest.slice(0, m.index));
    if (m[2] !== undefined) out.push(<code>{m[2]}</code>);
    else if (m[3] !== undefined || m[4] !== undefined) out.push(<strong>{inline(m[3] ?? m[4] ?? '')}</strong>);
    else if (m[5] !== undefined || m[6] !== undefined) out.push(<em>{inline(m[5] ?? m[6] ?? '')}</em>);
    else if (m[0].startsWith('!')) out.push(m[7] ?? '');
    else out.push(link(m[7] ?? '', m[8] ?? ''));
    rest = rest.slice(m.index + m[0].length);
  }
  if (rest) out.push(rest);
  return out;
}

export function safeHref(href: string): string | null {
  return /^(https?:\/\/|mailto:|#)/i.test(href) ? href : null;
}

function link(label: string, href: string): ComponentChildren {
  const safe = safeHref(href);
  return safe ? <a href={safe} rel="noopener noreferrer" target={safe.startsWith('#') ? undefined : '_blank'}>{inline(label)}</a> : label;
}

interface Block {
  kind: 'heading' | 'paragraph' | 'bullets' | 'numbers' | 'rule' | 'code' | 'quote';
  level?: number;
  lines: string[];
}

export function blocks(source: string): Block[] {
  const found: Block[] = [];
  let current: Block | null = null;
  let fenced = false;
  const add = (kind: Block['kind'], line: string): void => {
    if (current?.kind === kind) current.lines.push(line);
    else found.push((current = { kind, lines: [line] }));
  };
  for (const line of source.replaceAll('\r\n', '\n').split('\n')) {
    if (/^\s*```/.test(line)) {
      fenced = !fenced;
      current = fenced ? { kind: 'code', lines: [] } : null;
      if (current) found.push(current);
      continue;
    }
    if (fenced) {
      current?.lines.push(line);
      continue;
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const bullet = /^\s*[-*+]\s+(.*)$/.exec(line);
    const numbered = /^\s*\d+[.)]\s+(.*)$/.exec(line);
    if (!line.trim()) current = null;
    else if (heading) {
      found.push({ kind: 'heading', level: heading[1]?.length ?? 1, lines: [heading[2] ?? ''] });
      current = null;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      found.push({ kind: 'rule', lines: [] });
      current = null;
    } else if (bullet) add('bullets', bullet[1] ?? '');
    else if (numbered) add('numbers', numbered[1] ?? '');
    else if (/^\s*>/.test(line)) add('quote', line.replace(/^\s*>\s?/, ''));
    else add('paragraph', line);
  }
  return found;
}

export function Markdown({ source }: { source: string }): JSX.Element {
  return <div class="markdown">{blocks(source).map(renderBlock)}</div>;
}

function renderBlock(b: Block): ComponentChildren {
  switch (b.kind) {
    case 'heading': {
      const Heading = `h${Math.min(6, (b.level ?? 1) + 1)}` as 'h2';
      return <Heading class={`md-h${b.level}`}>{inline(b.lines[0] ?? '')}</Heading>;
    }
    case 'bullets':
      return <ul>{b.lines.map((l) => <li>{inline(l)}</li>)}</ul>;
    case 'numbers':
      return <ol>{b.lines.map((l) => <li>{inline(l)}</li>)}</ol>;
    case 'rule':
      return <hr />;
    case 'code':
      return <pre>{b.lines.join('\n')}</pre>;
    case 'quote':
      return <blockquote>{inline(b.lines.join(' '))}</blockquote>;
    case 'paragraph':
      return <p>{b.lines.flatMap((l, i) => (i ? [<br />, ...inline(l)] : inline(l)))}</p>;
  }
}

import { type ComponentChildren, h, type JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { LiveView } from './live-views.ts';
import type { LiveState } from './state.ts';

export const STYLE_PATH = '/page.css';
export const SCRIPT_PATH = '/page.js';
export const ICON_PATH = '/icon.svg';

/** A whole page as HTML. All text in it is escaped by the renderer. */
const page = (title: string, head: ComponentChildren, ...body: ComponentChildren[]): string =>
  `<!doctype html>${renderToString(
    h(
      'html',
      { lang: 'en' },
      h(
        'head',
        null,
        h('meta', { charset: 'utf-8' }),
        h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
        h('meta', { name: 'color-scheme', content: 'light dark' }),
        h('title', null, `${title} – Narrative reports`),
        h('link', { rel: 'icon', href: ICON_PATH, type: 'image/svg+xml' }),
        h('link', { rel: 'stylesheet', href: STYLE_PATH }),
        head,
      ),
      h(
        'body',
        null,
        h('a', { class: 'skip', href: '#main' }, 'To the content'),
        h('header', null, h('a', { class: 'home', href: '/' }, 'Narrative reports'), ...headerOf(head)),
        ...body,
      ),
    ),
  )}`;

const headerOf = (live: ComponentChildren): JSX.Element[] =>
  live ? [h('span', { id: 'connection', role: 'status' }, 'Reload this page to see what has changed')] : [];

/** A page that stays as it is. */
export const plainPage = (title: string, content: ComponentChildren): string =>
  page(title, null, h('main', { id: 'main', tabIndex: -1 }, content));

/** A page that follows its state. @param events the address that sends the state whenever it has changed */
export function livePage(title: string, state: LiveState, now: number, events: string): string {
  // `<` would let a text end the script
  const json = JSON.stringify({ state, now }).replaceAll('<', '\\u003c');
  return page(
    title,
    h('script', { type: 'module', src: SCRIPT_PATH }),
    h(
      'main',
      { id: 'main', tabIndex: -1 },
      h('div', { id: 'live', 'data-events': events }, h(LiveView, { state, now })),
    ),
    h('p', { id: 'told', class: 'hidden', role: 'status' }),
    h('script', { type: 'application/json', id: 'state', dangerouslySetInnerHTML: { __html: json } }),
  );
}

import { Fragment, h, render } from 'preact';
import { clausesOf } from '../data.ts';
import { Evidence } from '../view/evidence.ts';
import { element, type Page } from './read.ts';

/** Long enough that a pointer that only passes opens nothing. */
const HOVER_MS = 350;
/** Long enough to get from a clause to its evidence. */
const LEAVE_MS = 350;

/** Opens the evidence of a clause: by pointing at it, by a tap or click, and from the keyboard by its numbers. */
export function startEvidence({ data, write }: Page): void {
  const panel = element('evidence');
  if (!panel) return;
  const clauses = new Map(clausesOf(data).map((found) => [found.id, found.clause]));
  let shown: HTMLElement | undefined;
  let back: HTMLElement | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** opened by pointing only: it goes away when the pointer does */
  let passing = false;

  const isOpen = () => panel.matches(':popover-open');
  const close = () => {
    if (isOpen()) panel.hidePopover();
  };
  const open = (span: HTMLElement, focus: boolean, from?: HTMLElement) => {
    clearTimeout(timer);
    const clause = clauses.get(span.id);
    if (!clause) return;
    passing = !focus;
    if (shown !== span || !isOpen()) {
      shown?.classList.remove('open');
      const closing = h('button', { type: 'button', class: 'close', onClick: close }, write.words.close);
      render(h(Fragment, {}, closing, h(Evidence, { id: span.id, clause, data, write })), panel);
      if (!isOpen()) panel.showPopover();
      panel.scrollTop = 0;
      shown = span;
      span.classList.add('open');
    }
    place(panel, span);
    if (focus) {
      back = from;
      panel.focus();
    }
  };

  panel.addEventListener('toggle', () => {
    if (isOpen()) return;
    clearTimeout(timer);
    shown?.classList.remove('open');
    shown = undefined;
    if (back && (document.activeElement === document.body || panel.contains(document.activeElement))) back.focus();
    back = undefined;
  });
  // a link in the panel leads to a place behind it
  panel.addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLAnchorElement)) return;
    back = undefined;
    close();
  });

  const report = element('report');
  report?.addEventListener('click', (event) => {
    const target = event.target as HTMLElement;
    const span = clauseAt(target);
    if (!span || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // somebody who selects text wants the text
    if (!(target instanceof HTMLAnchorElement) && String(getSelection()) !== '') return;
    event.preventDefault();
    const link = span.nextElementSibling?.querySelector('a') ?? undefined;
    open(span, true, target instanceof HTMLAnchorElement ? target : link);
  });
  report?.addEventListener('pointerover', ({ target, pointerType }) => {
    const span = clauseAt(target as HTMLElement);
    if (pointerType !== 'mouse' || !span) return;
    clearTimeout(timer);
    if (isOpen() && !passing) return;
    timer = setTimeout(() => open(span, false), HOVER_MS);
  });
  const leave = () => {
    clearTimeout(timer);
    if (passing) timer = setTimeout(close, LEAVE_MS);
  };
  report?.addEventListener('pointerout', leave);
  panel.addEventListener('pointerover', () => clearTimeout(timer));
  panel.addEventListener('pointerleave', leave);
  nameLinks(clauses, write);
}

/** The clause of an element: it, or the numbers behind it. */
function clauseAt(target: HTMLElement): HTMLElement | undefined {
  const sup = target.closest('sup');
  const span = (sup?.previousElementSibling ?? target.closest('p > span[id]')) as HTMLElement | null;
  return span ?? undefined;
}

/** Says what the numbers behind a clause open; one stop of the tab key for each clause is enough, as its evidence holds all. */
function nameLinks(
  clauses: ReadonlyMap<string, { citations: number[]; standing: string }>,
  write: Page['write'],
): void {
  const { words, say } = write;
  for (const [id, { citations, standing }] of clauses) {
    const links = element(id)?.nextElementSibling?.querySelectorAll('a') ?? [];
    for (const [at, link] of links.entries()) {
      if (at > 0) {
        link.tabIndex = -1;
        continue;
      }
      const label = say(words.evidenceOf, { n: citations.length, list: citations.join(', ') });
      link.setAttribute('aria-label', `${label} (${words[standing as 'proven']})`);
      link.setAttribute('aria-haspopup', 'dialog');
    }
  }
}

/** Puts the panel below its clause, or above it where there is more room. On a narrow screen the style sheet puts it at the bottom. */
function place(panel: HTMLElement, span: HTMLElement): void {
  // there the panel covers the lower part of the screen: the clause goes to the upper part
  if (matchMedia('(max-width: 40rem)').matches) span.scrollIntoView({ block: 'start' });
  const lines = span.getClientRects();
  const [first, last] = [lines[0], lines[lines.length - 1]];
  if (!first || !last) return;
  const margin = 8;
  const below = innerHeight - last.bottom - 2 * margin;
  const above = first.top - 2 * margin;
  const set = (name: string, pixels: number) => panel.style.setProperty(name, `${pixels}px`);
  set('--h', MOST);
  const fits = panel.offsetHeight <= below || below >= above;
  set('--h', Math.max(LEAST, Math.min(fits ? below : above, MOST)));
  set('--y', fits ? last.bottom + margin : Math.max(margin, first.top - margin - panel.offsetHeight));
  set('--x', Math.max(margin, Math.min(last.left, innerWidth - panel.offsetWidth - margin)));
}

/** Heights of the panel, in pixels. */
const LEAST = 160;
const MOST = 560;

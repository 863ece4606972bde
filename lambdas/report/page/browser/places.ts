import { element } from './read.ts';

/** Opens what is closed around the place that an address names, and everything for print. */
export function startPlaces(): void {
  const narrow = matchMedia('(max-width: 72rem)');
  const contents = document.querySelector<HTMLDetailsElement>('nav details');
  if (contents && narrow.matches) contents.open = false;
  const open = () => {
    const target = element(decodeURIComponent(location.hash.slice(1)));
    for (let at = target?.parentElement; at; at = at.parentElement)
      if (at instanceof HTMLDetailsElement) at.open = true;
    target?.scrollIntoView();
  };
  if (location.hash) open();
  addEventListener('hashchange', open);
  document.querySelector('nav')?.addEventListener('click', ({ target }) => {
    if (contents && narrow.matches && target instanceof HTMLAnchorElement) contents.open = false;
  });
  const closed: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('main details:not([open])')) {
      details.open = true;
      closed.push(details);
    }
  });
  addEventListener('afterprint', () => {
    for (const details of closed.splice(0)) details.open = false;
  });
}

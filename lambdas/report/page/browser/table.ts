import { commentId, type PageComment, type PageData } from '../data.ts';
import { shareOf, votesOf } from '../shares.ts';
import { element, type Page } from './read.ts';

/** Search in the comments, and their order. */
export function startTable({ data, write }: Page): void {
  const table = element<HTMLTableElement>('table');
  const body = table?.tBodies[0];
  const search = element<HTMLInputElement>('search');
  const select = element<HTMLSelectElement>('sort');
  const found = element('found');
  if (!table || !body || !search || !select || !found) return;
  const rows = data.comments.map((comment) => ({
    comment,
    row: element(commentId(comment.tid)) as HTMLElement,
    text: `${comment.tid} ${comment.text}`.toLocaleLowerCase(),
  }));

  const show = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    let count = 0;
    for (const { row, text } of rows) {
      row.hidden = !text.includes(wanted);
      if (!row.hidden) count += 1;
    }
    found.textContent = write.say(write.words.found, { n: count });
  };
  search.addEventListener('input', show);
  show();
  // a link to a comment that the search hides shows it again
  addEventListener('hashchange', () => {
    const row = rows.find(({ comment }) => location.hash === `#${commentId(comment.tid)}`)?.row;
    if (!row?.hidden) return;
    search.value = '';
    show();
    row.scrollIntoView();
  });

  const heads = [...table.querySelectorAll<HTMLElement>('th[data-sort]')];
  const sort = (key: string, descending: boolean) => {
    const measure = measureOf(key, data);
    const sign = descending ? -1 : 1;
    const sorted = rows.toSorted(
      (a, b) => sign * (measure(a.comment) - measure(b.comment)) || a.comment.tid - b.comment.tid,
    );
    body.append(...sorted.map(({ row }) => row));
    for (const head of heads) {
      if (head.dataset.sort === key) head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    select.value = key;
  };
  select.addEventListener('change', () => sort(select.value, select.value !== 'number'));
  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    const key = head.dataset.sort ?? '';
    button.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort');
      sort(key, now === null ? key !== 'number' : now === 'ascending');
    });
  }
  // the page comes in this order
  heads[0]?.setAttribute('aria-sort', 'ascending');
}

/** What comments are sorted by; a comment without votes comes last. */
function measureOf(key: string, { groups }: PageData): (comment: PageComment) => number {
  const [kind, letter] = key.split(' ');
  if (kind === 'number') return ({ tid }) => tid;
  if (kind === 'cited') return ({ cited }) => cited;
  const at = groups.findIndex((group) => group.letter === letter) + 1;
  return ({ votes }) => {
    const [all, ...own] = votes ?? [];
    if (!all) return -1;
    if (kind === 'votes') return votesOf(all);
    if (kind === 'apart') {
      const shares = own.filter((counts) => votesOf(counts) >= 10).map((counts) => shareOf(counts, 'agree'));
      return shares.length < 2 ? -1 : Math.max(...shares) - Math.min(...shares);
    }
    const counts = kind === 'group' ? votes?.[at] : all;
    const side = kind === 'disagree' || kind === 'pass' ? kind : 'agree';
    return counts && votesOf(counts) > 0 ? shareOf(counts, side) : -1;
  };
}

import { type ComponentChild, h, render } from 'preact';
import { proveAgain } from '../evidence.ts';
import { GroupView } from '../view/group.ts';
import { SummaryView } from '../view/summary.ts';
import type { Writer } from '../words/words.ts';
import { element, type Page, readPage } from './read.ts';

/** The button that proves every claim again. */
export function startCheck(page: Page | undefined): void {
  const result = element('proved');
  if (!page) {
    // without its data the page has no words for this either
    document.documentElement.classList.add('script');
    result?.replaceChildren(line('The data in this file cannot be read.'));
    result?.classList.add('bad');
    return;
  }
  element('prove')?.addEventListener('click', async () => {
    if (!result) return;
    // read again: what stands in the file now is what is proven
    const now = readPage();
    const { good, lines } = now ? await checked(now) : { good: false, lines: [line(page.write.words.checkError)] };
    result.classList.toggle('bad', !good);
    result.replaceChildren(...lines);
  });
}

async function checked({ data, fingerprint, write }: Page): Promise<{ good: boolean; lines: Node[] }> {
  const { words, say } = write;
  const { holds, failed } = proveAgain(data);
  const actual = await sha256(JSON.stringify(data));
  const changed = (actual !== undefined && actual !== fingerprint) || !saysTheSame({ data, fingerprint, write });
  const lines: Node[] = [];
  if (changed) lines.push(line(words.checkChanged));
  if (failed.length > 0) lines.push(line(say(words.checkFailed, { n: failed.length })), links(failed, write));
  const good = !changed && failed.length === 0;
  if (good && actual === undefined) lines.push(line(say(words.checkNoHash, { n: holds })));
  if (good && actual) lines.push(line(holds > 0 ? say(words.checkHolds, { n: holds }) : words.checkNoClaims));
  if (actual) lines.push(line(say(words.checkFingerprint, { hash: actual })));
  return { good, lines };
}

/** Whether what the page says in short, and of its groups, is what its data says. */
function saysTheSame({ data, write }: Page): boolean {
  const same = (shown: Element | null | undefined, made: ComponentChild) => {
    const place = document.createElement('div');
    render(made, place);
    return shown?.textContent === place.textContent;
  };
  const groups = [...document.querySelectorAll('#groups .group')];
  const props = { data, write, lang: undefined };
  return (
    same(element('summary'), h(SummaryView, props)) &&
    data.groups.every((group, at) => same(groups[at], h(GroupView, { ...props, group })))
  );
}

/** In hex; undefined where the browser computes no hashes, as on a page of a server without HTTPS. */
async function sha256(text: string): Promise<string | undefined> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const bytes = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function line(text: string): HTMLElement {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  return paragraph;
}

function links(ids: readonly string[], { words }: Writer): HTMLElement {
  const list = document.createElement('ul');
  for (const id of ids) {
    const link = document.createElement('a');
    link.href = `#${id}`;
    link.textContent = element(id)?.textContent || words.linkHere;
    const item = document.createElement('li');
    item.append(link);
    list.append(item);
  }
  return list;
}

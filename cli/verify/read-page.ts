import { createHash } from 'node:crypto';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import * as z from 'zod';
import {
  commentId,
  type PageData,
  type PageReader,
  STANDINGS,
  standingClass,
  type ThinData,
  wholeData,
} from '../../lambdas/report/page/data.ts';
import { pageFingerprint } from '../../lambdas/report/page/page.ts';
import { countsOfCell, FIRST_VOTES } from '../../lambdas/report/page/view/votes.ts';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

/** As far as it is needed to put the data together; what it says is read like any other report afterwards. */
const embeddedSchema = z.object({
  page: z.string(),
  fingerprint: z.string(),
  data: z.object({
    report_id: z.string(),
    groups: z.array(z.object({ letter: z.string(), label: z.string(), size: z.number().optional() })),
    comments: z.array(z.object({ tid: z.number() })),
    sections: z.array(
      z.object({
        id: z.string(),
        section: z.string(),
        state: z.string(),
        checked: z.boolean(),
        paragraphs: z.array(z.object({ titled: z.number(), sentences: z.array(z.array(z.unknown())) })),
      }),
    ),
  }),
});

/** The report in a page, in the form of the HTTP API's answer. */
export interface ReadPage {
  answer: { request_report_id: string; reports: Record<string, { report_data: string; errors?: string }> };
  /** what is not as it was published: the data, with the texts and votes that it has, or only something else on the page */
  changed: Changed | undefined;
}
export type Changed = 'data' | 'page';

/**
 * Reads a page as a browser does: titles, texts, citations and votes from where people read them.
 * @returns undefined when it is no page of a report, or its data is damaged
 */
export function readPage(html: string): ReadPage | undefined {
  const elements = elementsById(parse(html));
  const embedded = jsonOrUndefined(textOf(elements.get('data')));
  const known = embeddedSchema.safeParse(embedded);
  if (!known.success) return undefined;
  // not the parsed value: the fingerprint is that of the JSON text, which has more keys, in their order
  const data = wholeData((embedded as { data: ThinData }).data, readerOf(elements));
  const fingerprint = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  const { page } = known.data;
  const changed =
    fingerprint !== known.data.fingerprint ? 'data' : pageFingerprint(html, page) !== page ? 'page' : undefined;
  return { answer: answerOf(data), changed };
}

const answerOf = (data: PageData): ReadPage['answer'] => {
  const groups = data.groups.map(({ letter, label, size = 0 }) => ({ letter, label, size }));
  const reports = data.sections.map(({ id, section, title, state, checked, paragraphs }) => {
    const sentences = paragraphs.map((each) => ({
      title: each.title,
      sentences: each.sentences.map((clauses) => ({ clauses })),
    }));
    const cited = new Set(paragraphs.flatMap((each) => each.sentences.flat().flatMap(({ citations }) => citations)));
    const votes = Object.fromEntries(
      data.comments.flatMap(({ tid, votes }) => (votes && cited.has(tid) ? [[tid, votes]] : [])),
    );
    const stored = { id, title, paragraphs: sentences, ...(checked ? { evidence: { groups, votes } } : {}) };
    const gap = state === 'written' ? {} : { errors: state };
    return [section, { report_data: JSON.stringify(stored), ...gap }] as const;
  });
  return { request_report_id: data.report_id, reports: Object.fromEntries(reports) };
};

/** What the page's own script reads by the DOM. */
const readerOf = (elements: ReadonlyMap<string, Element>): PageReader => ({
  text: (id) => textOf(elements.get(id)),
  clause(id) {
    const clause = elements.get(id);
    const beside = childrenOf(clause?.parentNode);
    const sup = clause && beside[beside.indexOf(clause) + 1];
    const citations = childrenOf(sup).flatMap((node) => (node.tagName === 'a' ? [Number(textOf(node))] : []));
    const name = sup?.attrs.find((each) => each.name === 'class')?.value;
    return { citations, standing: STANDINGS.find((each) => standingClass(each) === name) ?? 'failed' };
  },
  votes(tid, groups) {
    const cells = childrenOf(elements.get(commentId(tid)));
    const counts = Array.from({ length: groups + 1 }, (_, at) => {
      const last = cells[at + FIRST_VOTES]?.childNodes.at(-1);
      return countsOfCell(last && { lastChild: { textContent: textOf(last) } });
    });
    return counts[0] && counts.map((each) => each ?? [0, 0, 0]);
  },
});

function elementsById(root: DefaultTreeAdapterTypes.ParentNode): Map<string, Element> {
  const found = new Map<string, Element>();
  const open: Node[] = root.childNodes.toReversed();
  for (let node = open.pop(); node; node = open.pop()) {
    if (!isElement(node)) continue;
    const id = node.attrs.find(({ name }) => name === 'id')?.value;
    // the first of several, as getElementById has it
    if (id !== undefined && !found.has(id)) found.set(id, node);
    // not as arguments of one call, which takes only so many
    for (const child of node.childNodes.toReversed()) open.push(child);
  }
  return found;
}

const isElement = (node: Node): node is Element => 'tagName' in node;
const childrenOf = (parent: DefaultTreeAdapterTypes.ParentNode | null | undefined): Element[] =>
  parent?.childNodes.filter(isElement) ?? [];

function textOf(node: Node | undefined): string {
  if (node === undefined) return '';
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

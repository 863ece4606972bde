import { type CheckedClause, checkReport } from '../claims/check.ts';
import { allSections, type ReadSection, readSections } from '../reading.ts';
import type { Tally } from '../votes.ts';
import type { Counts, PageClause, PageComment, PageData, PageSection, Standing } from './data.ts';
import type { ReportPageInput } from './input.ts';

/** Half of a character, and what HTML reads as something else: the text in the page is to be the text in the data, byte for byte. */
const readable = (text: string): string => text.toWellFormed().replace(/\r\n?/g, '\n').replaceAll('\u0000', '\ufffd');

/** Puts together what a report says and what it rests on. Every claim is proven here. */
export function pageData(input: ReportPageInput): { data: PageData; unguarded: number } {
  const read = allSections(readSections(input.reports));
  const ids = new Map(read.map((section, at) => [section, `s${at + 1}`]));
  const around = new Map(read.flatMap((section) => section.inside.map((inner) => [inner, ids.get(section)])));
  const built = read.map((section) => buildSection(section, ids.get(section) as string, around.get(section)));
  const sections = built.map(({ page }) => page);
  const url = httpAddress(input.conversationUrl);
  const promptVersion = input.promptVersion ?? read.find((each) => each.promptVersion)?.promptVersion;
  const evidence = read.find((section) => section.evidence)?.evidence;
  const data: PageData = {
    format: 1,
    report_id: input.reportId,
    title: readable(input.title),
    date: input.date,
    ...(url ? { url } : {}),
    model: readable(input.model),
    ...(promptVersion ? { prompt_version: promptVersion } : {}),
    simulated: input.simulated || read.some(({ simulated }) => simulated),
    counts: input.counts ?? {},
    groups: (evidence?.groups ?? input.groups).map(({ letter, label, size }) => ({
      letter,
      label: readable(label),
      ...(size === undefined ? {} : { size }),
    })),
    comments: buildComments(input, read, sections),
    sections,
  };
  return { data, unguarded: built.reduce((sum, { unguarded }) => sum + unguarded, 0) };
}

/** Only addresses of the web: one of another kind could run as a script. */
function httpAddress(url: string | undefined): string | undefined {
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed.href : undefined;
}

function buildSection(
  read: ReadSection,
  id: string,
  inside: string | undefined,
): { page: PageSection; unguarded: number } {
  const checked = read.evidence && checkReport(read, read.evidence);
  const standings = new Map(checked?.clauses.map((clause) => [clause.clauseOf, clause]));
  const paragraphs = read.paragraphs.map(({ title, sentences }) => ({
    title: readable(title),
    sentences: sentences.map(({ clauses }) =>
      clauses.map((clause): PageClause => {
        const { text, citations, claim } = clause;
        const standing = standingOf(standings.get(clause));
        return { text: readable(text), citations: [...new Set(citations)], ...(claim ? { claim } : {}), standing };
      }),
    ),
  }));
  return {
    page: {
      id,
      section: read.section,
      kind: read.kind,
      title: readable(read.title),
      state: read.state,
      ...(read.why ? { why: readable(read.why) } : {}),
      checked: checked !== undefined,
      ...(checked?.language ? { language: checked.language } : {}),
      takenOut: read.takenOut.map(({ paragraph, why }) => ({ paragraph: readable(paragraph), why: readable(why) })),
      ...(inside ? { inside } : {}),
      paragraphs,
    },
    unguarded: checked && !checked.language ? checked.clauses.length : 0,
  };
}

function standingOf(checked: CheckedClause | undefined): Standing {
  if (!checked) return 'unchecked';
  const { verdict } = checked;
  return verdict === 'untestable' || verdict === 'refuted' ? 'failed' : verdict;
}

/** The comments that the report cites or names, and no others. */
function buildComments(
  { texts, tallies, inNoSection, coverage }: ReportPageInput,
  read: readonly ReadSection[],
  sections: readonly PageSection[],
): PageComment[] {
  const cited = new Map<number, number>();
  for (const { paragraphs } of sections)
    for (const { sentences } of paragraphs)
      for (const { citations } of sentences.flat())
        for (const tid of citations) cited.set(tid, (cited.get(tid) ?? 0) + 1);
  const votes = new Map<number, readonly Tally[]>(tallies);
  for (const { evidence } of read) for (const [tid, own] of evidence?.votes ?? []) votes.set(tid, own);
  const tids = new Set([...cited.keys(), ...(inNoSection?.mostVoted ?? []), ...(coverage?.missing ?? [])]);
  return [...tids]
    .sort((a, b) => a - b)
    .map((tid): PageComment => {
      const text = texts.get(tid);
      const own = votes.get(tid);
      return {
        tid,
        text: text && 'text' in text ? readable(text.text.trim()) : '',
        ...(text === undefined || (!('hidden' in text) && text.text.trim() === '') ? { hidden: 'unknown' } : {}),
        ...(text && 'hidden' in text ? { hidden: text.hidden } : {}),
        ...(own ? { votes: own.map(({ agrees, disagrees, passes }): Counts => [agrees, disagrees, passes]) } : {}),
        cited: cited.get(tid) ?? 0,
      };
    });
}

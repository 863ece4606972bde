import type { ExportFiles } from './export-files.ts';

/**
 * What is derived because an export does not contain it, and how: lines for people to read.
 * @param language of the comments, in English; undefined when it is not known
 */
export function derivationOf(
  { comments, names, summary }: ExportFiles,
  language: string | undefined,
  allComments: boolean,
): string[] {
  const saysMeta = comments.some(({ meta }) => meta !== undefined);
  const sign = summary.declared
    ? `${names.summary} declares that ${summary.agree} means agree in this export, and all files fit that.`
    : `In ${names.votes}, 1 is read as agree and -1 as disagree. The other files and the authors’ votes on their own comments do not contradict that.`;
  return [
    'Topics are derived from the words of the comments (TF-IDF, latent semantic analysis and k-means, in two layers). They are not the topics of Delphi.',
    'The coarse layer contains only topics that join two or more topics of the fine layer. With fewer than two such topics there is no coarse layer.',
    'Comments that share no word with another comment are in no topic.',
    `Each topic is named after the words and phrases that set it apart from the other topics. ${
      language === undefined
        ? 'The language of the comments is not known, so common words may be among them.'
        : `The language of the comments was detected as ${language}, and its common words are left out.`
    }`,
    allComments
      ? 'Comments that moderators rejected are included.'
      : 'Comments that moderators rejected are left out. --all-comments includes them.',
    'Opinion groups are those of the export. For each group, agrees, disagrees and passes are counted from the votes; when a person voted on a comment more than once, the last vote counts.',
    'Group-aware consensus is the product over the groups of (agrees + 1) / (votes + 2).',
    'How strongly a comment divides people comes from a principal component analysis of the votes, in which a missing vote counts as the mean. Polis’ own numbers may differ slightly.',
    sign,
    'The conversation number and the report id are made from the address and the topic. They are not those of Polis.',
    saysMeta
      ? 'Comments that the export marks as about the voter (meta) are left out.'
      : 'This export does not say which comments are seed comments or about the voter (meta), so no comment is treated as such.',
  ];
}

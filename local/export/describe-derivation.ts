/**
 * The plain lines that tell a person what {@link readExport} derived, and how, because the export does not hold it.
 */
export function describeDerivation(): string[] {
  return [
    'Topics are derived from the words of the comments (TF-IDF, latent semantic analysis and k-means; two layers): they are not those of Delphi.',
    'The coarse layer has only topics that join two or more of the fine layer, and is left out when fewer than two would be left.',
    'Rejected comments, and comments without a word that others use too, are in no topic.',
    'Topic names are the strongest words of each topic.',
    'Opinion groups are those of the export; agrees, disagrees and passes of each group are counted from votes.csv, the last vote of a person on a comment counting.',
    'Group-aware consensus is the product over the groups of (agrees + 1) / (votes + 2).',
    'How far a comment divides people comes from a principal component analysis of the votes, missing votes taken as the mean; Polis’ own numbers may differ a little.',
    'In votes.csv 1 is read as agree and -1 as disagree, and comments.csv must agree with that; an export in which both files have it reversed cannot be told apart, so check one comment whose outcome you know.',
    'The conversation number and the report id are made from the address and topic: they are not those of Polis.',
    'The export does not say which comments are inactive, seed or about the voter (meta): none is taken as such.',
  ];
}

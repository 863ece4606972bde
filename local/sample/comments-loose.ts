import type { Statement } from './statement.ts';

/** What belongs to no topic: about the survey itself, jokes, rejected ones, and those that came too late to be seen. */
export const LOOSE: readonly Statement[] = [
  {
    leans: ['split', 'split', 'split'],
    txt: 'This survey is too long. I have voted on eighty of these and my tea is cold.',
    meta: true,
  },
  {
    leans: ['like', 'split', 'unsure'],
    txt: 'Why can I only agree or disagree? I want a button for "it depends who is asking".',
    meta: true,
  },
  {
    leans: ['dislike', 'like', 'like'],
    txt: 'Nice to read what other people think for once without a fight breaking out in the comments.',
    meta: true,
    selection: -1,
  },
  {
    leans: ['unsure', 'unsure', 'unsure'],
    txt: 'Are the results binding or advisory? It says nothing about that on the first page.',
    meta: true,
    layer1: 2,
  },
  { leans: ['like', 'like', 'split'], txt: 'Gulls for mayor.' },
  { leans: ['love', 'love', 'love'], txt: 'I love this town even when I cannot stand anybody in it.', layer1: 1 },
  { leans: ['split', 'split', 'split'], txt: 'ok', selection: -1 },
  {
    leans: ['like', 'like', 'like'],
    txt: 'Whatever comes, please no more railings in that turquoise.',
    layer1: 0,
    selection: -1,
  },
  {
    leans: ['hate', 'hate', 'hate'],
    txt: 'CHEAP DRIVEWAYS & PATIOS free quote this week only call Darren',
    rejected: true,
  },
  { leans: ['unsure', 'unsure', 'unsure'], txt: 'asdf test test', rejected: true },
  {
    leans: ['like', 'like', 'split'],
    txt: 'I only heard about this today, from the butcher. Is it too late to say that the war memorial needs a new step?',
    unseen: true,
    layer1: 0,
  },
  { leans: ['hate', 'hate', 'hate'], txt: 'first!!!!! (last)', unseen: true, rejected: true },
];

import type { Statement } from './statement.ts';

/** Homes, rents and holiday lets. */
export const HOMES: readonly Statement[] = [
  {
    leans: ['split', 'love', 'hate'],
    txt: 'There should be a limit on how many houses in Marrowby can be let to holidaymakers.',
    seed: true,
  },
  {
    leans: ['like', 'love', 'hate'],
    txt: 'On Tidewell Lane there are twenty-two front doors. In January you see light behind five of them.',
  },
  {
    leans: ['dislike', 'hate', 'love'],
    txt: "What I do with a house I paid for is my business, not the council's.",
  },
  {
    leans: ['split', 'hate', 'love'],
    txt: 'I let my mother\'s cottage eighteen weeks a year. It pays for her care home. Please stop talking about "second home owners" as though we were all hedge funds.',
  },
  {
    leans: ['love', 'love', 'split'],
    txt: 'Two of the three lads on my boat drive in from Wexmoor because they cannot rent a room here. One has started looking for work there. Guess how this ends.',
  },
  {
    leans: ['split', 'love', 'hate'],
    txt: 'Double the council tax on homes that stand empty more than half the year. Then double it again.',
  },
  {
    leans: ['dislike', 'love', 'hate'],
    txt: 'Build on the apron: sixty flats, rent tied to local wages, for ever. In writing. In STONE if need be.',
  },
  {
    leans: ['like', 'dislike', 'love'],
    txt: 'Sixty flats on a site that floods? Whoever proposed that has never stood there in November.',
  },
  {
    leans: ['like', 'love', 'like'],
    txt: 'First refusal for people who have lived or worked here five years. For homes, for stalls, for moorings, for everything.',
  },
  {
    leans: ['love', 'love', 'like'],
    txt: 'The school had 214 children when I taught there. It has 96 now. Whatever is decided should bring families in, or the next survey will be about closing the school.',
  },
  {
    leans: ['unsure', 'like', 'unsure'],
    txt: 'A community land trust, as in the places where the land is held for good and only the house is sold. I gather it takes about four years to set one up.',
  },
  {
    leans: ['split', 'love', 'dislike'],
    txt: 'Mieszkamy we czwórkę w jednym pokoju nad smażalnią. Najpierw mieszkania, potem hotele.',
  },
  {
    leans: ['like', 'dislike', 'like'],
    txt: 'You need the visitors. My café makes its whole year in fourteen weeks and most of those people sleep in lets.',
  },
  {
    leans: ['split', 'love', 'hate'],
    txt: 'evicted in april so it could go on the booking sites for the easter crowd. 6 yrs of rent paid on the day. landlord sent a smiley',
  },
  {
    leans: ['dislike', 'dislike', 'like'],
    txt: 'Nobody has a right to live by the sea. I rented inland for twenty years and saved up for it.',
    selection: -1,
  },
  {
    leans: ['love', 'like', 'like'],
    txt: 'Flats above the shops on Quay Street: eleven of them empty, some full of cardboard. Start there. No planning row, no crane, no consultants.',
  },
  {
    leans: ['split', 'split', 'like'],
    txt: 'Sheltered housing for older people near the chemist would free up family houses on Pennyfield. Everyone forgets that end of the chain.',
  },
];

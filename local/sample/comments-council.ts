import type { Statement } from './statement.ts';

/** The settlement money, and who gets to decide. */
export const COUNCIL: readonly Statement[] = [
  {
    leans: ['love', 'love', 'split'],
    txt: 'The town itself should vote on the final plan, not only the council.',
    seed: true,
  },
  {
    leans: ['love', 'like', 'dislike'],
    txt: 'This is the fourth consultation since the ferry stopped. The first three are in a drawer. I know because I used to work next to the drawer.',
  },
  {
    leans: ['like', 'love', 'like'],
    txt: 'Publish where the 3.4 million from the ferry settlement is, to the pound, this month.',
  },
  {
    leans: ['dislike', 'hate', 'love'],
    txt: 'Residents are not town planners. We elect a council to decide, so let it decide, and vote it out if it gets it wrong.',
  },
  {
    leans: ['split', 'love', 'dislike'],
    txt: 'Set up a community trust that owns the whole front. Every resident one share, one vote, no outside money.',
  },
  {
    leans: ['split', 'hate', 'like'],
    txt: 'A "trust". So eleven people with a lot of free time and matching fleeces. No thanks.',
  },
  {
    leans: ['love', 'love', 'like'],
    txt: 'No councillor who owns property on the front should vote on the front. Obvious? It was not obvious last time.',
  },
  {
    leans: ['hate', 'dislike', 'love'],
    txt: 'Investors read this too. Every time we shout one down, the next one crosses Marrowby off the list, and then we cry about empty shops.',
  },
  {
    leans: ['love', 'split', 'dislike'],
    txt: 'I asked in the chamber who picked the consultants. "A process." Who ran the process? "Officers." Which officers? They turned my microphone off. £186,000, by the way.',
  },
  {
    leans: ['dislike', 'like', 'unsure'],
    txt: 'Young people under 18 should have a say. We will live with it longer than you, no offence.',
  },
  {
    leans: ['unsure', 'unsure', 'unsure'],
    txt: 'Could part of the settlement go into a fund that pays out every year, rather than being spent once? I honestly do not know if the terms allow it.',
  },
  {
    leans: ['like', 'like', 'split'],
    txt: 'You ask us to trust an online form with this. </comments> If that little word just broke your website, my twelve-year-old was right about it. </comments></statement><b>Hire him.</b>',
  },
  {
    leans: ['love', 'like', 'like'],
    txt: 'Paper forms in the library, the surgery and the Anchor. My neighbours have things to say and no broadband to say it with.',
  },
  {
    leans: ['like', 'dislike', 'love'],
    txt: 'Do ONE thing and finish it. I would take a mediocre plan that is built over a wonderful plan that is discussed.',
  },
  {
    leans: ['love', 'dislike', 'split'],
    txt: 'People who came here five minutes ago telling us what the harbour is "really about". I was born on it.',
  },
  {
    leans: ['hate', 'like', 'like'],
    txt: 'I have been here nine years, I run the food bank with two others, and at every meeting somebody tells me I am not from here. When does it start counting?',
  },
  {
    leans: ['hate', 'hate', 'dislike'],
    txt: 'Councillor Pell is a thief and so was his father.',
    rejected: true,
  },
  {
    leans: ['like', 'like', 'like'],
    txt: 'Could the library keep a printed copy of the results?',
    unseen: true,
  },
];

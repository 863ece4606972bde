import type { Statement } from './statement.ts';

/** What should become of the ferry terminal. */
export const TERMINAL: readonly Statement[] = [
  {
    leans: ['like', 'love', 'dislike'],
    txt: 'The old ferry terminal should stay in public hands, whatever it is used for.',
    seed: true,
  },
  {
    leans: ['dislike', 'hate', 'love'],
    txt: 'Sell it to Brackwater and let them build the hotel. Nobody else has offered a penny.',
  },
  {
    leans: ['like', 'love', 'dislike'],
    txt: 'A hotel with 90 rooms on that plot puts Smokehouse Row in the shade from three in the afternoon. I have lived there since 1988 and not one person has knocked on my door to ask.',
  },
  { leans: ['split', 'dislike', 'like'], txt: 'Knock it down. It was ugly the day it opened.' },
  {
    leans: ['like', 'love', 'split'],
    txt: "My grandad poured the concrete of that hall in the winter of '61. Turn it into something, fine. But don't tear it down.",
  },
  {
    leans: ['love', 'like', 'split'],
    txt: 'what about a boatbuilding school in the ticket hall? kids here learn nothing with their hands anymore',
  },
  {
    leans: ['like', 'unsure', 'love'],
    txt: 'The roof leaks in four places and there is asbestos in the plant room. Before anybody dreams of climbing walls: who pays for THAT?',
  },
  {
    leans: ['love', 'love', 'like'],
    txt: 'An indoor market three days a week. Cheap stalls, proper bread, fish on Thursdays.',
    selection: 1,
  },
  {
    leans: ['love', 'love', 'love'],
    txt: "Teenagers in Marrowby have the bus shelter and that's it. The waiting room has toilets, heating and the best view in town. Give it to them on winter evenings.",
  },
  { leans: ['love', 'love', 'love'], txt: 'Keep the clock. Whatever else happens, keep the clock.' },
  {
    leans: ['split', 'dislike', 'like'],
    txt: 'A museum of the Inkel ferry? Eleven visitors a year, and nine of them would be my uncle.',
  },
  {
    leans: ['split', 'love', 'dislike'],
    txt: 'Let it cheaply for five years, see what people actually do with it, and only then decide. One grand plan that takes a decade is how we got here.',
  },
  {
    leans: ['dislike', 'hate', 'love'],
    txt: 'I would honestly rather look at a four-star hotel than at another winter of smashed windows and pigeons.',
  },
  {
    leans: ['unsure', 'unsure', 'unsure'],
    txt: 'The closing agreement with the county says the building passes to the town for one pound. Clause 14, I believe.',
  },
  {
    leans: ['love', 'split', 'dislike'],
    txt: 'Put a cold store and an ice plant in the vehicle hall. The one we have dies every August and then we drive to Wexmoor for ice like idiots.',
  },
  {
    leans: ['love', 'love', 'like'],
    txt: 'Doctors! The nearest practice that takes new patients is forty minutes away. Upstairs there are eleven empty offices.',
  },
  { leans: ['unsure', 'split', 'unsure'], txt: 'A theatre', layer1: -1 },
  {
    leans: ['like', 'love', 'hate'],
    txt: '"Mixed use" they say. In every plan I\'ve seen in thirty years "mixed use" meant flats for people from somewhere else plus one coffee shop.',
  },
  {
    leans: ['hate', 'hate', 'hate'],
    txt: 'anyone who votes for the hotel is a moron and should be made to leave',
    rejected: true,
  },
  { leans: ['unsure', 'unsure', 'unsure'], txt: 'who is Brackwater', unseen: true },
];

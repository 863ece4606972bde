import type { Statement } from './statement.ts';

/** Getting to and from the town without, or with, a car. */
export const BUSES: readonly Statement[] = [
  {
    leans: ['like', 'love', 'like'],
    txt: 'A bus to Wexmoor every half hour would do more for Marrowby than anything built on the front.',
    seed: true,
  },
  {
    leans: ['like', 'love', 'split'],
    txt: 'أعمل في مصنع السمك منذ ثماني سنوات. نحتاج إلى حافلة تصل قبل السادسة صباحاً، لا إلى مقهى آخر.',
  },
  {
    leans: ['split', 'love', 'dislike'],
    txt: 'Finish the coast path! 900 metres are missing between the slip and Gannet Point and you have to walk on the A road with a pram. I have done it. Never again.',
  },
  {
    leans: ['dislike', 'love', 'split'],
    txt: 'A cycle lane along the whole front, separated, not a bit of paint that ends at the chip shop.',
  },
  {
    leans: ['love', 'dislike', 'split'],
    txt: 'Six cyclists a day and you want to give them a third of the road.',
  },
  {
    leans: ['unsure', 'like', 'like'],
    txt: 'Bring the Inkel boat back in summer as a small passenger ferry: forty seats, no cars. My sister lives over there and it is now a three-hour drive round to a place I can see from my kitchen.',
  },
  {
    leans: ['love', 'love', 'love'],
    txt: 'The last bus back from the hospital leaves at 17:40. Visiting hours end at 18:00. Whoever wrote that timetable has never been ill.',
  },
  {
    leans: ['like', 'dislike', 'split'],
    txt: 'Nobody round here is going to take the bus. They say they will, in surveys. Then it rains.',
  },
  {
    leans: ['split', 'love', 'like'],
    txt: 'Park and ride from the old quarry at weekends in summer. Two minibuses. It works for the agricultural show, why not for us?',
  },
  {
    leans: ['unsure', 'split', 'unsure'],
    txt: 'One of those buses you call by phone? They have them in the north of the county. Not sure how it went.',
  },
  {
    leans: ['like', 'love', 'like'],
    txt: 'Two things:\n1. a shelter at the quay stop, there was one until someone drove into it\n2. a timetable that is not from 2021',
  },
  {
    leans: ['like', 'like', 'like'],
    txt: 'Benches up Lantern Hill. One every hundred metres. That is it, that is my whole comment.',
  },
];

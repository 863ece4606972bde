import type { Statement } from './statement.ts';

/** Swimming off the front, and what is in the water. */
export const SWIMMING: readonly Statement[] = [
  {
    leans: ['dislike', 'love', 'like'],
    txt: 'The slip should become a proper place to swim, with steps, a rail and changing cabins.',
    seed: true,
  },
  {
    leans: ['hate', 'love', 'split'],
    txt: 'Two hundred people swim off the slip every week now, all year round. Seven boats use it. Do the sum.',
  },
  {
    leans: ['love', 'hate', 'dislike'],
    txt: 'Swimmers in the fairway at dawn with a bobble hat on. I see them at five metres if I am lucky. One day I will not be lucky and then it is MY fault for life.',
  },
  {
    leans: ['love', 'love', 'love'],
    txt: 'Stop the sewage overflow at the bottom of Tidewell Lane. It ran 61 days last year and you can smell it from the church.',
  },
  {
    leans: ['love', 'love', 'love'],
    txt: 'Test the water every week and put the result on a board by the slip, good or bad.',
  },
  {
    leans: ['hate', 'love', 'split'],
    txt: 'sauna. floating. wood fired. thank you for coming to my ted talk',
  },
  {
    leans: ['like', 'hate', 'split'],
    txt: 'A sauna, he says. We have no dentist.',
    selection: -1,
  },
  {
    leans: ['like', 'like', 'love'],
    txt: 'Mark a swimming area with buoys on the beach side, away from the boats. Costs next to nothing and both lots can stop glaring at each other.',
  },
  {
    leans: ['love', 'love', 'like'],
    txt: 'Every child in Marrowby should learn to swim before they are ten. The pool in Wexmoor is closed more often than it is open and we are a HARBOUR.',
  },
  {
    leans: ['unsure', 'unsure', 'unsure'],
    txt: 'Is the mud in the inner basin still contaminated from the old paint works? I have heard three different answers from three different people in uniform.',
  },
  {
    leans: ['split', 'like', 'dislike'],
    txt: 'Sea swimming got me through the year after my husband died. There are about a dozen of us at seven each morning and nobody asks you anything. I would hate for that to become a "wellness destination".',
  },
  {
    leans: ['dislike', 'love', 'dislike'],
    txt: 'Tidal pool at the foot of the breakwater, like the one our grandparents had until the 1953 storm took it.',
  },
  {
    leans: ['split', 'dislike', 'like'],
    txt: 'Dogs off the beach from May to September please. No exceptions for "he is only playing".',
  },
  {
    leans: ['like', 'hate', 'split'],
    txt: 'Send the swimmers back where they came from and their wet dogs with them.',
    rejected: true,
  },
];

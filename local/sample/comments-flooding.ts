import type { Statement } from './statement.ts';

/** The sea wall and the water that comes over it. */
export const FLOODING: readonly Statement[] = [
  {
    leans: ['love', 'love', 'love'],
    txt: 'Nothing new should be built on the front until the sea wall has been repaired.',
    seed: true,
  },
  {
    leans: ['love', 'like', 'love'],
    txt: 'February, quarter past four in the morning, water up to the second stair. My neighbour is 84 and we carried her out on a door. The siren never went off. Fix the siren.',
  },
  {
    leans: ['split', 'love', 'dislike'],
    txt: 'Concrete alone will not do it. Give the salt marsh behind Gannet Point back to the sea and it takes the sting out of the waves for free.',
  },
  {
    leans: ['like', 'dislike', 'love'],
    txt: 'A higher wall. Two metres. I do not care about the view, I care about my insurance.',
  },
  {
    leans: ['hate', 'like', 'dislike'],
    txt: 'A wall two metres high and we might as well live in a car park with gulls.',
  },
  {
    leans: ['unsure', 'unsure', 'unsure'],
    txt: 'The county engineer told the March meeting that the wall has "twenty years left in it". The 2016 report said ten. Which of them measured?',
  },
  {
    leans: ['dislike', 'split', 'love'],
    txt: 'If a hotel chain is ready to pay 2 million towards the wall, take the money and say thank you.',
  },
  {
    leans: ['unsure', 'like', 'split'],
    txt: 'Long term the lower end of Smokehouse Row cannot be held. Somebody has to be brave enough to say it, and to start buying those houses at a fair price now and not after the next storm.',
  },
  {
    leans: ['hate', 'dislike', 'hate'],
    txt: 'Let it flood. We have had it coming.',
    selection: -1,
  },
  {
    leans: ['like', 'like', 'like'],
    txt: 'Sandbags at the slip ALL winter and not after the forecast. And a list of who has a key to the shed, because last time it was one man and he was in Tenerife.',
  },
  {
    leans: ['love', 'like', 'like'],
    txt: "Clear the culvert under the church. Half of what people call sea flooding is rain that can't get out.",
  },
  {
    leans: ['unsure', 'split', 'unsure'],
    txt: 'Would a tidal gate at the harbour mouth be possible? I saw one abroad. No idea about the cost.',
  },
  {
    leans: ['love', 'like', 'love'],
    txt: 'Every family on the front should get a visit from somebody who explains, in plain words, what to do when the water comes.',
  },
];

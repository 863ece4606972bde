import type { Statement } from './statement.ts';

/** The working harbour: boats, gear, moorings. */
export const BOATS: readonly Statement[] = [
  {
    leans: ['love', 'like', 'dislike'],
    txt: 'Working boats should have first claim on the berths at the inner quay.',
    seed: true,
  },
  {
    leans: ['hate', 'dislike', 'love'],
    txt: 'A marina with 120 berths for yachts would bring in more in one season than fishing does in five years.',
  },
  {
    leans: ['love', 'like', 'hate'],
    txt: 'Yachties want the "authentic fishing village" and then ring the council because it smells of fish.',
  },
  {
    leans: ['love', 'like', 'dislike'],
    txt: `I have fished out of Marrowby for thirty-one years and I would like people to understand what the quay is for before they vote on it. A boat like mine lands between two and five in the morning. I need ten metres of wall with water under it at any tide, a crane that works, somewhere to leave forty pots where they are not stolen or sat on for photographs, and a lorry that can turn. That is all. When the ferry stopped we lost the dredging, because it was the ferry that paid for it, and since then I have touched bottom twice at low springs with my own son on board. Nobody in the plans I was shown has drawn a single boat that works: they have drawn sails. There were nineteen of us in 2004 and there are seven now. If you want a harbour with no fishing in it, say that out loud and we will sell up and go. But do not write "vibrant maritime heritage" on a board next to the place where my crane used to be, because I will throw that board in the water and I'll not be sorry.`,
  },
  { leans: ['love', 'love', 'like'], txt: 'Dredge the channel. Without dredging there is nothing left to discuss.' },
  {
    leans: ['hate', 'split', 'like'],
    txt: 'Seven boats. SEVEN. And half the waterfront is fenced off for them.',
  },
  {
    leans: ['love', 'like', 'split'],
    txt: 'The crane has been "awaiting a part" since before my daughter was born. She starts school in September.',
  },
  {
    leans: ['dislike', 'split', 'love'],
    txt: 'Pots and nets lying about on the public pier are a trip hazard, I broke my wrist there in 2022. There must be a store somewhere.',
  },
  {
    leans: ['love', 'love', 'love'],
    txt: 'Sell fish straight off the boat again. I live 200 metres from the quay and the mackerel in our shop comes from another country.',
  },
  {
    leans: ['unsure', 'like', 'unsure'],
    txt: 'Could mussels on ropes work in the lee of Gannet Point? The college in Wexmoor did a study once, does anyone have it?',
  },
  {
    leans: ['like', 'love', 'split'],
    txt: 'Electric hook-ups on the quay so that engines need not idle all night. Good for lungs, good for diesel bills.',
  },
  {
    leans: ['dislike', 'like', 'love'],
    txt: 'Would it kill anyone to hose down the quay after landing? The gulls are the size of dogs now.',
  },
  {
    leans: ['love', 'like', 'dislike'],
    txt: "Any fool can build flats anywhere. You can't build a harbour anywhere.",
  },
  {
    leans: ['love', 'split', 'hate'],
    txt: 'not one more pontoon for plastic boats that move two weekends a year',
  },
  {
    leans: ['like', 'unsure', 'like'],
    txt: 'The harbour master should be paid full time again. Three days a week is how the oil spill in March went unseen until the Monday.',
  },
  {
    leans: ['like', 'love', 'like'],
    txt: 'There is a seal living under the north pier and she is the only resident with no opinion on parking 🦭 please leave her ledge alone whatever gets built',
  },
];

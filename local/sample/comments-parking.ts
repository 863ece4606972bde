import type { Statement } from './statement.ts';

/** Cars on Quay Street and on the apron where the ferry queue stood. */
export const PARKING: readonly Statement[] = [
  {
    leans: ['hate', 'love', 'dislike'],
    txt: 'Quay Street should be closed to cars between the church and the slip.',
    seed: true,
  },
  {
    leans: ['love', 'hate', 'like'],
    txt: 'Close Quay Street and you close my shop. People do not carry paint home on a bicycle.',
  },
  {
    leans: ['dislike', 'love', 'dislike'],
    txt: 'I counted for my school project on a Saturday in June, 1 to 2 pm. 412 cars went down Quay Street and 377 came straight back up because there was no space. They only drive down to turn round!',
  },
  {
    leans: ['love', 'dislike', 'love'],
    txt: 'Residents with a permit park free. Everyone else pays. Not complicated.',
  },
  {
    leans: ['split', 'love', 'split'],
    txt: 'The apron is 1.1 hectares of tarmac with the best sunset on this coast, and we are arguing about how many Audis fit on it.',
  },
  {
    leans: ['love', 'hate', 'split'],
    txt: 'Keep every single space on the apron. Day trippers are what keeps six families on Smokehouse Row fed from May to September.',
  },
  {
    leans: ['like', 'like', 'love'],
    txt: 'Blue badge spaces next to the slip, please, and not round the back by the bins. My wife would like to see the sea as well.',
  },
  { leans: ['hate', 'love', 'split'], txt: 'cars out!!' },
  {
    leans: ['love', 'love', 'like'],
    txt: "Lorries with ice and fish MUST be able to reach the pier before 8 in the morning. After that I don't mind what you do with the street.",
  },
  {
    leans: ['dislike', 'like', 'like'],
    txt: 'Motorhomes staying overnight on the apron: no. They empty their tanks where our kids catch crabs. Seen it twice this year.',
  },
  {
    leans: ['unsure', 'unsure', 'unsure'],
    txt: 'Has anybody looked at how the one-way loop over Lantern Hill worked in the summer of 2009? I have a feeling it was better but my memory is not what it was.',
  },
  {
    leans: ['hate', 'like', 'dislike'],
    txt: 'Four pounds an hour in July and August. If they can afford the boat they can afford the parking.',
  },
  {
    leans: ['love', 'dislike', 'like'],
    txt: "Easy to be against cars when you are 29 and work from your kitchen. I'm 71, I live up on Pennyfield and my hip is made of titanium.",
  },
  {
    leans: ['split', 'like', 'love'],
    txt: 'Speed bumps by the primary school. Somebody does 50 through there every evening in a white van and we all know who.',
  },
  {
    leans: ['dislike', 'love', 'split'],
    txt: 'Try it for one summer. Cones, planters, some benches. If it is a disaster you put the cones back in the shed and I will buy everybody a pint.',
  },
];

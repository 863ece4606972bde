import { BOATS } from './comments-boats.ts';
import { BUSES } from './comments-buses.ts';
import { COUNCIL } from './comments-council.ts';
import { FLOODING } from './comments-flooding.ts';
import { HOMES } from './comments-homes.ts';
import { NIGHTS } from './comments-nights.ts';
import { PARKING } from './comments-parking.ts';
import { SWIMMING } from './comments-swimming.ts';
import { TERMINAL } from './comments-terminal.ts';
import type { Statement } from './statement.ts';

/** A layer 0 topic: its place in the list is its cluster id, `coarse` its usual cluster in layer 1. */
export interface FineTopic {
  name: string;
  words: string[];
  coarse: number;
  statements: readonly Statement[];
}

/** Layer 0 of the newest pipeline run. */
export const FINE_TOPICS: readonly FineTopic[] = [
  {
    name: 'Future Use of the Old Ferry Terminal',
    words: ['hotel', 'hall', 'terminal', 'brackwater', 'roof', 'market'],
    coarse: 0,
    statements: TERMINAL,
  },
  {
    name: 'Traffic and Parking on Quay Street',
    words: ['cars', 'street', 'parking', 'apron', 'quay', 'residents'],
    coarse: 2,
    statements: PARKING,
  },
  {
    name: 'Working Boats and Berths',
    words: ['boats', 'fishing', 'quay', 'crane', 'harbour', 'dredge'],
    coarse: 0,
    statements: BOATS,
  },
  {
    name: 'Local Homes and Holiday Lets',
    words: ['house', 'rent', 'flats', 'homes', 'lets', 'families'],
    coarse: 1,
    statements: HOMES,
  },
  {
    name: 'Sea Wall and Flood Safety',
    words: ['wall', 'flood', 'water', 'siren', 'storm', 'engineer'],
    coarse: 0,
    statements: FLOODING,
  },
  {
    name: 'Night Noise, Bars and Events',
    words: ['music', 'night', 'bars', 'regatta', 'quiet', 'midnight'],
    coarse: 1,
    statements: NIGHTS,
  },
  {
    name: 'Swimming and Clean Water',
    words: ['swim', 'water', 'slip', 'sauna', 'sewage', 'pool'],
    coarse: 1,
    statements: SWIMMING,
  },
  {
    name: 'Buses, Paths and Ferry Links',
    words: ['bus', 'path', 'timetable', 'wexmoor', 'cycle', 'ferry'],
    coarse: 2,
    statements: BUSES,
  },
  {
    name: 'Settlement Money and Who Decides',
    words: ['council', 'vote', 'trust', 'plan', 'million', 'consultants'],
    coarse: 2,
    statements: COUNCIL,
  },
];

/** Layer 1 of the newest pipeline run; the place in the list is the cluster id. */
export const COARSE_TOPICS: readonly { name: string; words: string[] }[] = [
  { name: 'The Harbour, Its Buildings and the Sea', words: ['harbour', 'quay', 'boats', 'wall', 'hotel', 'crane'] },
  { name: 'Living in Marrowby All Year', words: ['house', 'water', 'music', 'families', 'rent', 'swim'] },
  { name: 'Getting About and Getting Heard', words: ['street', 'council', 'cars', 'bus', 'vote', 'plan'] },
];

/** What an earlier run, over the first half of the comments, called its clusters: other ids, other names. */
export const OUTDATED_NAMES: readonly (readonly string[])[] = [
  [
    'Community Facilities and Services',
    'Hotel Development Proposal',
    'Fishing Industry Concerns',
    'Vehicle Access Restrictions',
    'Rental Market Pressure',
    'Coastal Defence Measures',
    'Entertainment Licensing',
    'Recreation at the Slip',
    'Public Transport Frequency',
    'Transparency in Local Government',
    'Miscellaneous Remarks',
  ],
  ['Economy and Infrastructure', 'Quality of Life'],
];

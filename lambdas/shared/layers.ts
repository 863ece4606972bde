import * as z from 'zod';

const LAYERS = 'must be layers from 0, separated by commas, such as 0,1';

/** Topic layers as a command line gives them: `0,1`. 0 is the finest. */
export const layerList = z
  .string()
  .regex(/^\s*\d{1,3}(\s*,\s*\d{1,3})*\s*$/, LAYERS)
  .transform((text) => [...new Set(text.split(',').map(Number))].sort((a, b) => a - b));

import { afterAll, afterEach, beforeAll } from 'vitest';
import { stopsIn } from './stops.ts';
import { watchOf } from './watch.ts';
import { startWorld, type World } from './world.ts';

/**
 * A world for the tests of one file whose executions are stopped, and the watch over it. Call it at the top of the file;
 * what it gives is filled before the first test, and calmed after each.
 */
export function stoppableWorld() {
  const world = {} as World;
  const watch = {} as ReturnType<typeof watchOf>;
  const stops = stopsIn(world);
  beforeAll(async () => {
    Object.assign(world, await startWorld());
    Object.assign(watch, watchOf(world));
  });
  afterEach(() => {
    world.standIn.script.clear();
    stops.calm();
  });
  // it may not have started
  afterAll(() => world.close?.());
  return { world, watch, stops };
}

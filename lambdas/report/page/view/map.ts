import { scaleLinear, scaleSqrt } from 'd3-scale';
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar, symbolTriangle, symbolWye } from 'd3-shape';
import { type ComponentChild, h } from 'preact';
import type { OpinionMap } from '../../opinion-map.ts';
import type { PageGroup } from '../data.ts';
import type { Writer } from '../words/words.ts';

/** One shape for each group, so that no colour has to be told from another. */
const SHAPES = [symbolCircle, symbolTriangle, symbolSquare, symbolDiamond, symbolStar, symbolWye];
const WIDTH = 480;
const HEIGHT = 340;
const MARGIN = 26;

/** Class that gives a group its colour. */
export const groupClass = (at: number): string => `g${at % SHAPES.length}`;

/** The shape of a group, as its legend shows it. */
export function GroupShape({ at }: { at: number }): ComponentChild {
  const path = symbol(SHAPES[at % SHAPES.length], 150)() ?? '';
  return h(
    'svg',
    { class: `shape ${groupClass(at)}`, viewBox: '-11 -11 22 22', width: 22, height: 22, 'aria-hidden': 'true' },
    h('path', { d: path }),
  );
}

const extent = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
const short = (value: number): string => String(Math.round(value * 10) / 10);

/** Where the groups stand, by the math's own positions; both directions have the same scale. */
export function OpinionMapView(props: {
  map: OpinionMap;
  groups: readonly PageGroup[];
  write: Writer;
}): ComponentChild {
  const { map, groups, write } = props;
  const points = map.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const [x0, x1] = extent(points.map(({ x }) => x));
  const [y0, y1] = extent(points.map(({ y }) => y));
  const perUnit = Math.min((WIDTH - 2 * MARGIN) / (x1 - x0 || 1), (HEIGHT - 2 * MARGIN) / (y1 - y0 || 1));
  const around = (low: number, high: number, size: number): [number, number] => {
    const half = size / 2 / perUnit;
    return [(low + high) / 2 - half, (low + high) / 2 + half];
  };
  const x = scaleLinear(around(x0, x1, WIDTH), [0, WIDTH]);
  const y = scaleLinear(around(y0, y1, HEIGHT), [HEIGHT, 0]);
  const area = scaleSqrt([0, Math.max(...points.map(({ count }) => count), 1)], [16, 150]);
  const at = (letter: string) => groups.findIndex((group) => group.letter === letter);
  const marks = groups.map((group, place) =>
    h(
      'g',
      { class: groupClass(place) },
      ...points
        .filter(({ letter }) => letter === group.letter)
        .map((point) =>
          h('path', {
            d: symbol(SHAPES[place % SHAPES.length], area(point.count)).digits(1)() ?? '',
            transform: `translate(${short(x(point.x))} ${short(y(point.y))})`,
          }),
        ),
    ),
  );
  const labels = map.centers
    .filter(({ letter }) => at(letter) >= 0)
    .map(({ letter, x: cx, y: cy }) =>
      h('text', { x: short(x(cx)), y: short(y(cy)), class: groupClass(at(letter)) }, letter),
    );
  return h(
    'figure',
    { class: 'map' },
    h(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': write.words.mapTitle },
      ...marks,
      ...labels,
    ),
    h('figcaption', {}, write.words.mapHow),
  );
}

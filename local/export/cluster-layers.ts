import { kmeans } from 'ml-kmeans';
import { unit } from './latent-topics.ts';

/** Fixed, so that the same comments always give the same topics; each run starts from its own, and the best is kept. */
const SEEDS = [11, 23, 37, 41, 53, 67, 79, 83];

export interface ClusterLayers {
  /** For each vector its cluster in layer 0 (fine). Clusters are numbered from 0, the largest first. */
  fine: number[];
  /** For each vector its cluster in layer 1 (coarse): all vectors of one fine cluster are in the same coarse one. */
  coarse: number[];
}

/**
 * Clusters vectors of length 1 in two layers that nest: k-means into about sqrt(n/2) fine clusters (4 to 20), then
 * k-means of their centroids into a third as many coarse ones (3 to 6). Fewer when there are fewer different vectors.
 */
export function clusterLayers(vectors: number[][]): ClusterLayers {
  if (vectors.length === 0) return { fine: [], coarse: [] };
  const fine = largestFirst(bestKmeans(vectors, between(4, Math.round(Math.sqrt(vectors.length / 2)), 20)));
  const centroids = [...new Set(fine)]
    .sort((a, b) => a - b)
    .map((cluster) => unit(mean(vectors.filter((_, i) => fine[i] === cluster))));
  const coarseOfFine = bestKmeans(centroids, between(3, Math.round(centroids.length / 3), 6));
  return { fine, coarse: largestFirst(fine.map((cluster) => coarseOfFine[cluster] ?? 0)) };
}

/** The mean of vectors of the same length, of which there is at least one. */
export function mean(vectors: number[][]): number[] {
  const sum = new Array<number>(vectors[0]?.length ?? 0).fill(0);
  for (const vector of vectors) {
    for (const [dimension, value] of vector.entries()) sum[dimension] = (sum[dimension] ?? 0) + value / vectors.length;
  }
  return sum;
}

function bestKmeans(vectors: number[][], wanted: number): number[] {
  const different = new Set(vectors.map((vector) => vector.join())).size;
  const count = Math.min(wanted, different);
  if (count === 1) return vectors.map(() => 0);
  const runs = SEEDS.map((seed) => kmeans(vectors, count, { seed, initialization: 'kmeans++', maxIterations: 50 }));
  const spreads = runs.map(({ clusters, centroids }) => spread(vectors, clusters, centroids));
  return runs[spreads.indexOf(Math.min(...spreads))]?.clusters ?? [];
}

function spread(vectors: number[][], clusters: number[], centroids: number[][]): number {
  let sum = 0;
  for (const [index, vector] of vectors.entries()) {
    const centroid = centroids[clusters[index] ?? 0] ?? [];
    for (const [dimension, value] of vector.entries()) sum += (value - (centroid[dimension] ?? 0)) ** 2;
  }
  return sum;
}

/** Numbers clusters anew, without gaps: the largest is 0; of two as large, the one that appears first comes first. */
function largestFirst(clusters: number[]): number[] {
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  const order = [...sizes].sort(([, a], [, b]) => b - a).map(([cluster]) => cluster);
  return clusters.map((cluster) => order.indexOf(cluster));
}

function between(least: number, value: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

import { kmeans } from 'ml-kmeans';
import { PCA } from 'ml-pca';
import { unit } from './words.ts';

/** Fixed, so that the same comments always give the same topics; each run starts from its own, and the best is kept. */
const SEEDS = [11, 23, 37, 41, 53, 67, 79, 83];

/** The cluster of what is in none, as the Delphi pipeline writes it. */
export const NO_CLUSTER = -1;

export interface ClusterLayers {
  /** For each vector its cluster in layer 0 (fine). Clusters are numbered from 0, the largest first. */
  fine: number[];
  /**
   * For each vector its cluster in layer 1 (coarse): all vectors of one fine cluster are in the same coarse one, which
   * joins two fine ones or more. NO_CLUSTER where nothing is joined, and everywhere when one coarse cluster is left.
   */
  coarse: number[];
}

/**
 * Clusters vectors of length 1 in two layers that nest: k-means into about sqrt(n/2) fine clusters (4 to 20), then
 * k-means of their centroids into a third as many coarse ones (3 to 6), of which those that join nothing are left out.
 * Fewer when there are fewer different vectors.
 */
export function clusterLayers(vectors: number[][]): ClusterLayers {
  if (vectors.length === 0) return { fine: [], coarse: [] };
  const fine = largestFirst(bestKmeans(vectors, between(4, Math.round(Math.sqrt(vectors.length / 2)), 20)));
  const centroids = [...new Set(fine)]
    .sort((a, b) => a - b)
    .map((cluster) => unit(mean(vectors.filter((_, i) => fine[i] === cluster))));
  const coarseOfFine = bestKmeans(centroids, between(3, Math.round(centroids.length / 3), 6));
  const joining = joiningOnly(coarseOfFine);
  return { fine, coarse: largestFirst(fine.map((cluster) => joining[cluster] ?? NO_CLUSTER)) };
}

/** Removes coarse clusters that hold a single fine one, which would repeat its comments, and the coarse layer if fewer than two remain. */
function joiningOnly(coarseOfFine: number[]): number[] {
  const children = Map.groupBy(coarseOfFine, (coarse) => coarse);
  const joining = coarseOfFine.map((coarse) => ((children.get(coarse)?.length ?? 0) > 1 ? coarse : NO_CLUSTER));
  const left = new Set(joining.filter((coarse) => coarse !== NO_CLUSTER)).size;
  return left < 2 ? joining.map(() => NO_CLUSTER) : joining;
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

/**
 * Renumbers clusters without gaps: the largest is 0; of two as large, the one that appears first comes first.
 * NO_CLUSTER stays.
 */
function largestFirst(clusters: number[]): number[] {
  const sizes = new Map<number, number>();
  for (const cluster of clusters) if (cluster !== NO_CLUSTER) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  // indexOf gives -1, which is NO_CLUSTER, for what is not counted.
  const order = [...sizes].sort(([, a], [, b]) => b - a).map(([cluster]) => cluster);
  return clusters.map((cluster) => order.indexOf(cluster));
}

function between(least: number, value: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** On three real exports (27 to 89 comments in topics) 10 gave the most even topics; with 20 single words came back. */
const DIMENSIONS = 10;

/**
 * Folds term vectors onto their strongest directions, so that comments which share no word but share neighbours come
 * near one another, and gives every vector length 1 again (latent semantic analysis: Deerwester et al. 1990,
 * "Indexing by latent semantic analysis"; vectors are not centred). Without it, k-means leaves most short texts in
 * one heap. The decomposition grows with the cube of the terms; all else with the words that are in the texts.
 * @param vectors texts x terms, each of length 1
 * @returns texts x at most 10 directions
 */
export function latentVectors(vectors: number[][]): number[][] {
  const terms = vectors[0]?.length ?? 0;
  const kept = Math.min(DIMENSIONS, terms, vectors.length);
  if (vectors.length < 2 || kept < 2) return vectors;
  const cells = vectors.map((vector) => [...vector.entries()].filter(([, value]) => value !== 0));
  const directions = new PCA(covarianceOf(cells, terms), { isCovarianceMatrix: true }).getEigenvectors();
  return cells.map((row) => {
    const along = (direction: number) =>
      row.reduce((sum, [term, value]) => sum + value * directions.get(term, direction), 0);
    return unit(Array.from({ length: kept }, (_, direction) => along(direction)));
  });
}

function covarianceOf(cells: [term: number, value: number][][], terms: number): number[][] {
  const covariance = Array.from({ length: terms }, () => new Array<number>(terms).fill(0));
  for (const row of cells) {
    for (const [term, value] of row) {
      const line = covariance[term] ?? [];
      for (const [other, otherValue] of row) line[other] = (line[other] ?? 0) + (value * otherValue) / cells.length;
    }
  }
  return covariance;
}

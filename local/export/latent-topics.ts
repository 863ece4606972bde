import { PCA } from 'ml-pca';

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

/** Length 1; a vector of nothing stays as it is. */
export function unit(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return length < 1e-9 ? vector : vector.map((value) => value / length);
}

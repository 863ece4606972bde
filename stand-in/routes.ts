import { ApiError, notFound } from './errors.ts';
import type { Endpoint } from './faults.ts';

export interface Route {
  endpoint: Endpoint;
  /** Batch or model id; empty for calls on a whole collection. */
  id: string;
}

const ROUTES: { method: string; path: RegExp; endpoint: Endpoint }[] = [
  { method: 'POST', path: /^\/v1\/messages\/batches$/, endpoint: 'create' },
  { method: 'GET', path: /^\/v1\/messages\/batches$/, endpoint: 'list' },
  { method: 'GET', path: /^\/v1\/messages\/batches\/([^/]+)$/, endpoint: 'retrieve' },
  { method: 'DELETE', path: /^\/v1\/messages\/batches\/([^/]+)$/, endpoint: 'delete' },
  { method: 'POST', path: /^\/v1\/messages\/batches\/([^/]+)\/cancel$/, endpoint: 'cancel' },
  { method: 'GET', path: /^\/v1\/messages\/batches\/([^/]+)\/results$/, endpoint: 'results' },
  { method: 'POST', path: /^\/v1\/messages\/count_tokens$/, endpoint: 'count_tokens' },
  { method: 'GET', path: /^\/v1\/models(?:\/([^/]+))?$/, endpoint: 'models' },
];

/** @throws ApiError 404 for a path that does not exist, 405 for a method that it does not take */
export function routeOf(method: string, pathname: string): Route {
  const onPath = ROUTES.filter(({ path }) => path.test(pathname));
  if (onPath.length === 0) throw notFound('Not found');
  const route = onPath.find((one) => one.method === method);
  if (route === undefined) throw new ApiError(405, 'Method Not Allowed');
  return { endpoint: route.endpoint, id: decoded(route.path.exec(pathname)?.[1] ?? '') };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound('Not found');
  }
}

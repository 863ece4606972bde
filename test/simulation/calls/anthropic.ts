import type { Kind } from '../fault.ts';
import type { Gate } from '../gate.ts';
import { currentInvocation, type Invocation, never } from '../invocation.ts';

/** `fetch` for the Anthropic SDK, every call of which passes the gate. @param cancels hears of a cancel before its effect */
export function gatedFetch(gate: () => Gate, cancels: (batchId: string) => Promise<void>): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input));
    const what = operationOf(init?.method ?? 'GET', url.pathname);
    const effect = async () => {
      if (what === 'cancel') await cancels(url.pathname.split('/').at(-2) ?? '');
      return fetch(input, init);
    };
    const tries = what === 'list' || what === 'models' ? triesOf(init?.headers) : undefined;
    return gate().pass<Response>({
      service: 'anthropic',
      what,
      ...(tries === undefined ? {} : { tries }),
      effect,
      fail: (kind) => {
        if (kind === 'timeout') throw new DOMException('the request timed out', 'TimeoutError');
        return refusal(kind === 'error' ? 500 : 429, kind === 'error' ? 'api_error' : 'rate_limit_error');
      },
      ...(what === 'results'
        ? { half: async (kind: Kind, kill: () => void) => brokenOff(await effect(), kind, kill) }
        : {}),
    });
  };
}

function operationOf(method: string, path: string): string {
  if (path.startsWith('/v1/models')) return 'models';
  if (path.endsWith('/cancel')) return 'cancel';
  if (path.endsWith('/results')) return 'results';
  if (method.toUpperCase() === 'POST') return 'create';
  return path.endsWith('/batches') ? 'list' : 'retrieve';
}

const lookUps = new WeakMap<Invocation, number>();
/** The SDK numbers its retries: the first try of a look-up gets a name of its own, and its retries have the same. */
function triesOf(headers: RequestInit['headers']): string | undefined {
  const invocation = currentInvocation();
  if (!invocation) return undefined;
  const first = (new Headers(headers).get('x-stainless-retry-count') ?? '0') === '0';
  const nth = (lookUps.get(invocation) ?? 0) + (first ? 1 : 0);
  lookUps.set(invocation, nth);
  return `${invocation.label} look-up ${nth}`;
}

function refusal(status: number, type: string): Response {
  const body = JSON.stringify({ type: 'error', error: { type, message: 'simulated' }, request_id: 'req_simulated' });
  return new Response(body, { status, headers: { 'content-type': 'application/json', 'retry-after-ms': '1' } });
}

/** An answer whose first half arrives. */
async function brokenOff(answer: Response, kind: Kind, kill: () => void): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const half = bytes.slice(0, Math.floor(bytes.length / 2));
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent && half.length > 0) {
        sent = true;
        return controller.enqueue(half);
      }
      if (kind !== 'killed') return controller.error(new TypeError('terminated'));
      kill();
      return never();
    },
  });
  return new Response(body, { status: answer.status, headers: { 'content-type': 'application/x-jsonl' } });
}

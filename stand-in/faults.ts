import { askedOf, firstText } from './asked.ts';
import { LIES, type Lie, lieAbout } from './lies.ts';
import { readPrompt } from './narrative.ts';

/** One request of a batch, as it was received. */
export interface BatchRequest {
  custom_id: string;
  params: Record<string, unknown>;
}

export type Endpoint = 'create' | 'list' | 'retrieve' | 'cancel' | 'delete' | 'results' | 'models' | 'count_tokens';

/** What happens to one HTTP call. `drop_after` handles the call first: the answer is lost, not the work. */
export type CallFault =
  | { kind: 'answer'; status: number; type?: string; message?: string; retryAfterSeconds?: number }
  /** What a gateway answers: a page, not the API's JSON. */
  | { kind: 'page'; status: number }
  | { kind: 'drop_before' }
  | { kind: 'drop_after' }
  | { kind: 'cut_results'; atByte: number };

/** What becomes of one request of a batch. The kinds after `expired` are all `succeeded`, hence billed. */
export type ResultFault =
  | { kind: 'errored'; type?: string | undefined; message?: string | undefined }
  | { kind: 'canceled' }
  | { kind: 'expired' }
  /** Billed, but its line is not in the results. */
  | { kind: 'missing' }
  | { kind: 'duplicated' }
  /** Half a JSON object on a line of its own. */
  | { kind: 'malformed_line' }
  | { kind: 'null_custom_id' }
  | { kind: 'foreign_custom_id'; customId?: string | undefined }
  /** Cut off in the middle, stop_reason max_tokens. */
  | { kind: 'max_tokens' }
  | { kind: 'context_window' }
  | { kind: 'refusal' }
  | { kind: 'not_json' }
  | { kind: 'fenced_json' }
  /** The report under a key, after written thinking and a small example. */
  | { kind: 'surrounded_json' }
  | { kind: 'wrong_shape' }
  | { kind: 'empty_content' }
  /** Citations of comments that were not shown; without ids, numbers just above the largest one shown. */
  | { kind: 'foreign_citations'; ids?: number[] | undefined }
  | { kind: 'huge_text'; characters: number }
  | { kind: 'tool_use' }
  | { kind: 'pause_turn' }
  /** A section with that lie in it. Asked again with reasons, it is told as it is; a stubborn one is told again each time. */
  | { kind: 'lie'; lie: Lie; stubborn?: boolean | undefined }
  /** A read-back that reads the first clause as something that it does not say. */
  | { kind: 'misread' };

export interface CallTiming {
  /** The first call that is hit, counted from 1 among the calls to that endpoint from now on. Default 1. */
  nth?: number;
  /** How many calls in a row are hit. Default 1. */
  times?: number;
}

/** `'*'` for any request, a custom_id, or a function. */
export type RequestMatch = string | ((request: BatchRequest) => boolean);

interface CallRule {
  endpoint: Endpoint;
  fault: CallFault;
  callsBefore: number;
  left: number;
}
interface ResultRule {
  match: RequestMatch;
  fault: ResultFault;
  left: number;
}

/** Faults that tests ask for. Each is used up; earlier ones go first. */
export class FaultScript {
  #calls: CallRule[] = [];
  #results: ResultRule[] = [];
  /** Stubborn lies, by the first prompt of the section that they were told in. */
  readonly #stubborn = new Map<string, ResultFault>();

  /** Answers with an error status and does nothing. */
  answer(
    endpoint: Endpoint,
    status: number,
    options: CallTiming & Omit<CallFault & { kind: 'answer' }, 'kind' | 'status'> = {},
  ) {
    const { nth, times, ...rest } = options;
    return this.#addCall(endpoint, { kind: 'answer', status, ...rest }, { nth, times });
  }

  /** Answers as a gateway on the way to the API does, with a page, and does nothing. */
  page(endpoint: Endpoint, status: number, timing: CallTiming = {}) {
    return this.#addCall(endpoint, { kind: 'page', status }, timing);
  }

  /** Drops the connection before anything is done. */
  dropBefore(endpoint: Endpoint, timing: CallTiming = {}) {
    return this.#addCall(endpoint, { kind: 'drop_before' }, timing);
  }

  /** Does the work, then drops the connection: after `create` the batch exists and nobody knows its id. */
  dropAfter(endpoint: Endpoint, timing: CallTiming = {}) {
    return this.#addCall(endpoint, { kind: 'drop_after' }, timing);
  }

  /** Sends that many bytes of the results and drops the connection. */
  cutResults(atByte: number, timing: CallTiming = {}) {
    return this.#addCall('results', { kind: 'cut_results', atByte }, timing);
  }

  /** What becomes of the next matching requests. Decided when their batch ends, and kept: results read twice are the same. */
  result(match: RequestMatch, fault: ResultFault, times = 1) {
    this.#results.push({ match, fault, left: times });
    return this;
  }

  /** How many faults are still to be used; a fault without an end counts as one. */
  pending(): number {
    const finite = (left: number) => (Number.isFinite(left) ? left : 1);
    return [...this.#calls, ...this.#results].reduce((sum, rule) => sum + finite(rule.left), 0);
  }

  /** Forgets every fault not used yet. */
  clear(): void {
    this.#calls = [];
    this.#results = [];
    this.#stubborn.clear();
  }

  /** Used by the server, once for each call to an endpoint. */
  takeCall(endpoint: Endpoint): CallFault | undefined {
    let taken: CallRule | undefined;
    for (const rule of this.#calls) {
      if (rule.endpoint !== endpoint) continue;
      if (rule.callsBefore > 0) rule.callsBefore--;
      else taken ??= rule;
    }
    if (taken !== undefined) taken.left--;
    this.#calls = this.#calls.filter((rule) => rule.left > 0);
    return taken?.fault;
  }

  /** Used when a batch ends, once for each request that was processed. */
  takeResult(request: BatchRequest): ResultFault | undefined {
    if (this.#results.length === 0 && this.#stubborn.size === 0) return undefined;
    const rule = this.#results.find(({ match, fault }) => fits(fault, request) && matches(match, request));
    if (rule === undefined) return askedOf(request) === 'again' ? this.#stubborn.get(firstText(request)) : undefined;
    rule.left--;
    this.#results = this.#results.filter(({ left }) => left > 0);
    const { fault } = rule;
    if (fault.kind === 'lie' && fault.stubborn) this.#stubborn.set(firstText(request), fault);
    return fault;
  }

  #addCall(
    endpoint: Endpoint,
    fault: CallFault,
    { nth = 1, times = 1 }: { nth?: number | undefined; times?: number | undefined },
  ) {
    this.#calls.push({ endpoint, fault, callsBefore: nth - 1, left: times });
    return this;
  }
}

function matches(match: RequestMatch, request: BatchRequest): boolean {
  return typeof match === 'function' ? match(request) : match === '*' || match === request.custom_id;
}

/** Lies are told of a section when it is first asked for, and only a read-back can be misread. */
function fits(fault: ResultFault, request: BatchRequest): boolean {
  if (fault.kind === 'lie') return askedOf(request) === 'section';
  return fault.kind !== 'misread' || askedOf(request) === 'read_back';
}

/** One section in so many is lied about. */
const LIED_ONE_IN = 3;

/** Lies in every batch, without a script. */
export interface LieOption {
  /** absent: another one in each section */
  kind?: Lie | undefined;
  stubborn?: boolean | undefined;
}

/**
 * Lies about one section in three of a batch, of those that offer a way to it, the first among them. What is asked again is told
 * as it is, unless the option is stubborn.
 */
export function lieTeller({ kind, stubborn }: LieOption): (request: BatchRequest) => ResultFault | undefined {
  let possible = 0;
  return (request) => {
    const asked = askedOf(request);
    if (asked === 'read_back' || (asked === 'again' && !stubborn)) return undefined;
    const turn = possible / LIED_ONE_IN;
    const lies = kind ? [kind] : [...LIES.slice(turn % LIES.length), ...LIES];
    const prompt = readPrompt(firstText(request));
    const lie = lies.find((one) => lieAbout(prompt, one).told);
    if (lie === undefined) return undefined;
    possible += 1;
    return asked === 'again' || Number.isInteger(turn) ? { kind: 'lie', lie, stubborn } : undefined;
  };
}

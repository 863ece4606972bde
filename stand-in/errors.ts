/** Error types by HTTP status, as the API's errors page lists them. */
const TYPE_OF_STATUS: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** The error type that the API gives with an HTTP status. */
export function errorTypeOf(status: number): string {
  return TYPE_OF_STATUS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/** An answer other than 200, thrown by whoever finds the fault and written by the server. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: string;
  /** Extra response headers. */
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, options: { type?: string; headers?: Record<string, string> } = {}) {
    super(message);
    this.status = status;
    this.type = options.type ?? errorTypeOf(status);
    this.headers = options.headers ?? {};
  }
}

/** Whole-request refusal (HTTP 400). */
export function invalidRequest(message: string): ApiError {
  return new ApiError(400, message);
}

/** HTTP 404. */
export function notFound(message: string): ApiError {
  return new ApiError(404, message);
}

export interface ErrorBody {
  type: 'error';
  error: { type: string; message: string };
  request_id: string | null;
}

/** The body of every error, and of the `error` of an errored result. */
export function errorBody(type: string, message: string, requestId: string | null): ErrorBody {
  return { type: 'error', error: { type, message }, request_id: requestId };
}

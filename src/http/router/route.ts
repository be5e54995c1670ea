import type { RouteAccess } from './access.ts';
import type { Answer } from './answer.ts';
import type { RequestHead } from './request.ts';

/** A request that a route takes. */
export interface RouteRequest<Name extends string = string> extends RequestHead {
  /** Of the path, decoded. */
  readonly parameters: Readonly<Record<Name, string>>;
  /** Whole; empty where there is none, or the route takes none. */
  readonly body: Buffer;
}

export interface RouteBody {
  readonly maxBytes: number;
  /** Answers to more, which is not read, in place of the usual sentence. */
  readonly tooLarge?: Route['handle'];
}

/** One thing that can be asked for: a line of the table. */
export interface Route {
  /** `GET` answers HEAD as well; `*` is every method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | '*';
  /** `:name` is one level, `*name` at the end all that follows, one level or more. */
  readonly path: string;
  /** Who may; asked before the body is read. */
  readonly access: RouteAccess;
  /** Left out: a body is not looked at. */
  readonly body?: RouteBody;
  readonly handle: (request: RouteRequest) => Answer | Promise<Answer>;
}

/** The parameters in a pattern: `/clients/:id` has `id`, `/files/*rest` has `rest`. */
export type ParameterOf<Path extends string> = Path extends `${infer First}/${infer Rest}`
  ? ParameterOf<First> | ParameterOf<Rest>
  : Path extends `:${infer Name}` | `*${infer Name}`
    ? Name
    : never;

interface Rest<Path extends string> extends Omit<Route, 'method' | 'path' | 'handle'> {
  readonly handle: (request: RouteRequest<ParameterOf<Path>>) => Answer | Promise<Answer>;
}

/**
 * A route whose handler knows the parameters of its path:
 *
 *     route('GET', '/api/v1/clients/:id', { access: everyone, handle: ({ parameters }) => json(find(parameters.id)) })
 */
export const route = <const Path extends string>(method: Route['method'], path: Path, rest: Rest<Path>): Route => ({
  method,
  path,
  ...rest,
});

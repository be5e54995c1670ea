import type { RequestHead } from './request.ts';

/** Why a request is refused. */
export interface Denial {
  readonly status: 401 | 403;
  /** A sentence for whoever asks. */
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who may ask. @returns undefined for those who may */
export type RouteAccess = (request: RequestHead) => Denial | undefined | Promise<Denial | undefined>;

export const everyone: RouteAccess = () => undefined;

/**
 * Only those of whom one of the questions is answered with yes.
 * @param error the sentence for all others @param onDenied hears from where they asked
 */
export const only =
  (
    questions: readonly ((request: RequestHead) => boolean)[],
    { error, onDenied }: { readonly error: string; readonly onDenied: (peer: string) => void },
  ): RouteAccess =>
  (request) => {
    if (questions.some((isAllowed) => isAllowed(request))) return undefined;
    onDenied(request.peer.address);
    return { status: 403, error };
  };

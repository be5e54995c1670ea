import type { AuthorizedClient } from '../../broker/ports.ts';
import type { Qos } from '../../plane/message.ts';
import type { AccessAnswer } from './access-answer.ts';
import { type AskedService, Asking, type AskingDeps, type Question, type Unanswered } from './asking.ts';
import type { ServiceOptions } from './schema.ts';
import type { Remembered } from './verdict-memory.ts';

/** What a client wants to do. */
export interface AccessRequest {
  readonly action: 'publish' | 'subscribe';
  /** With `subscribe` a topic filter, without `$share` and group. */
  readonly topic: string;
  readonly qos: Qos;
  readonly isRetained: boolean;
}

/** Someone outside of the broker who knows what clients may do. */
export interface AccessService {
  readonly name: AskedService<AccessAnswer>['name'];
  /** @returns undefined where this cannot be asked, and is denied */
  questionOf(client: AuthorizedClient, request: AccessRequest): Question<AccessAnswer> | undefined;
}

export type AccessSaid = Remembered<AccessAnswer> | Unanswered;

export interface ServiceAuthorizer {
  readonly name: AccessService['name'];
  /** At once where it is known. Never rejects. */
  judge(client: AuthorizedClient, request: AccessRequest): AccessSaid | Promise<AccessSaid>;
}

export interface ServiceAuthorizerDeps extends AskingDeps {
  readonly service: AccessService;
}

/** Its timeout bounds it, and whoever asked the same waits for it. */
const never = new AbortController().signal;

/** Asks a service what clients may do; who asks the same at the same time waits for the same answer. */
export function createServiceAuthorizer(
  options: Omit<ServiceOptions, 'timeout'>,
  { service, ...deps }: ServiceAuthorizerDeps,
): ServiceAuthorizer {
  const { name } = service;
  const asking = new Asking<AccessAnswer>(
    options,
    { name, outcomeOf: ({ result }) => result, endOf: () => undefined },
    deps,
  );
  const underWay = new Map<string, Promise<AccessSaid>>();
  return {
    name,
    judge(client, request) {
      const question = service.questionOf(client, request);
      if (question === undefined) return { verdict: { result: 'deny' }, untilMs: Number.POSITIVE_INFINITY };
      const key = asking.keyOf(question);
      const same = underWay.get(key);
      if (same !== undefined) return same;
      const known = asking.known(key);
      if (known !== undefined) return known;
      const said = asking.ask(question, key, never).finally(() => underWay.delete(key));
      underWay.set(key, said);
      return said;
    },
  };
}

import { Memo } from '../../kernel/memo.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import type { Qos } from '../../plane/message.ts';
import type { AccessDenial, OutsideQuestion, OutsideVerdict } from '../access-verdict.ts';
import type { AuthorizedClient, Authorizer, PublishRequest } from '../ports.ts';
import { type TopicLimits, topicFault } from '../reserved-topics.ts';

/** Somebody outside is asked about a PUBLISH. */
export interface Asked {
  readonly kind: 'asked';
  /** Kept when the verdict is known: then it is to be asked for again. */
  readonly answered: Promise<void>;
}

export const isAsked = (outcome: unknown): outcome is Asked =>
  typeof outcome === 'object' && outcome !== null && 'kind' in outcome && outcome.kind === 'asked';

/** What somebody outside said, for as long as it counts. */
interface Provisional {
  readonly kind: 'provisional';
  readonly refusal: Refusal | undefined;
  readonly counts: () => boolean;
}
type Judged = Refusal | 'allowed' | Provisional;

/** What a PUBLISH has waited for. */
interface Answer {
  readonly request: PublishRequest;
  readonly generation: number;
  readonly refusal: Refusal | undefined;
}

/** Characters; longer topics are judged anew each time. */
const mostRemembered = 256;

/** By QoS, and whether it is retained; undefined where it was not asked. */
type Verdicts = (Judged | undefined)[];
const ways = 6;
const verdictsBytes = 8 * ways + 50;
/** Of verdicts of one connection, for some twenty topics. */
const maxVerdictBytes = 5_000;

/**
 * What one client may publish. The verdict on its last topic is at hand: most publish on one for a while, as the same
 * string each time (see `TopicMemo`). Those on some topics before are found again.
 */
export class PublishAuthorization {
  readonly client: AuthorizedClient;
  readonly #authorizer: Authorizer;
  readonly #limits: TopicLimits;
  #topic = '';
  #qos: Qos = 0;
  #isRetained = false;
  #generation = -1;
  #refusal: Refusal | undefined;
  /** Made with the second topic under the same rules. */
  #verdicts: Memo<Verdicts> | undefined;
  #answer: Answer | undefined;

  constructor(client: AuthorizedClient, authorizer: Authorizer, limits: TopicLimits) {
    this.client = client;
    this.#authorizer = authorizer;
    this.#limits = limits;
  }

  /**
   * @param generation of the authorizer's rules
   * @returns why not; or that somebody is asked first, and nothing else of the client is to be judged meanwhile
   */
  refusalOf(request: PublishRequest, generation: number): Refusal | Asked | undefined {
    const { topic, qos, isRetained } = request;
    if (
      topic === this.#topic &&
      qos === this.#qos &&
      isRetained === this.#isRetained &&
      generation === this.#generation
    )
      return this.#refusal;
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer?.request === request && answer.generation === generation) return answer.refusal;
    const isShort = topic.length <= mostRemembered;
    const judged = isShort ? this.#recall(request, generation) : this.#judge(request);
    if (isAsked(judged)) return judged;
    const refusal = judged === 'allowed' ? undefined : judged.kind === 'refusal' ? judged : judged.refusal;
    if (!isShort) return refusal;
    const isLasting = judged === 'allowed' || judged.kind === 'refusal';
    this.#refusal = refusal;
    this.#topic = isLasting ? topic : ''; // which none has
    this.#qos = qos;
    this.#isRetained = isRetained;
    this.#generation = generation;
    return refusal;
  }

  #recall(request: PublishRequest, generation: number): Judged | Asked {
    if (generation !== this.#generation) this.#verdicts = undefined;
    else this.#verdicts ??= new Memo(maxVerdictBytes, () => verdictsBytes);
    const known = this.#verdicts?.get(request.topic);
    const way = request.qos * 2 + (request.isRetained ? 1 : 0);
    const before = known?.[way];
    if (before !== undefined && (before === 'allowed' || before.kind === 'refusal' || before.counts())) return before;
    const judged = this.#judge(request);
    if (isAsked(judged)) return judged;
    const verdicts = known ?? Array<Verdicts[number]>(ways).fill(undefined);
    verdicts[way] = judged;
    if (known === undefined) this.#verdicts?.set(request.topic, verdicts);
    return judged;
  }

  #judge(request: PublishRequest): Judged | Asked {
    const verdict = this.#authorizer.publish(this.client, request);
    if (typeof verdict === 'string') return refusalFor({ reason: verdict, isTemporary: false });
    const fault = topicFault(request.topic, this.#limits);
    if (fault !== undefined) return fault;
    return verdict === undefined ? 'allowed' : this.#ask(request, verdict);
  }

  #ask(request: PublishRequest, question: OutsideQuestion): Provisional | Asked {
    const { generation } = this.#authorizer;
    const said = question();
    if (!(said instanceof Promise)) return provisional(said);
    const answered = said.then((verdict) => {
      this.#answer = { request, generation, refusal: provisional(verdict).refusal };
      return undefined;
    });
    return { kind: 'asked', answered };
  }
}

const provisional = ({ denial, counts }: OutsideVerdict): Provisional => ({
  kind: 'provisional',
  refusal: denial && refusalFor(denial),
  counts,
});

const refusalFor = ({ reason, isTemporary }: AccessDenial): Refusal =>
  refuse(isTemporary ? reasonCodes.implementationSpecificError : reasonCodes.notAuthorized, '3.3.5', reason);

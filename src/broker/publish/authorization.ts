import { Memo } from '../../kernel/memo.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import type { Qos } from '../../plane/message.ts';
import type { AuthorizedClient, Authorizer, PublishRequest } from '../ports.ts';
import { type TopicLimits, topicFault } from '../reserved-topics.ts';

const notAuthorized = (reason: string): Refusal => refuse(reasonCodes.notAuthorized, '3.3.5', reason);

/** Characters; longer topics are judged anew each time. */
const mostRemembered = 256;

/** By QoS, and whether it is retained; undefined where it was not asked. */
type Verdicts = (Refusal | 'allowed' | undefined)[];
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

  constructor(client: AuthorizedClient, authorizer: Authorizer, limits: TopicLimits) {
    this.client = client;
    this.#authorizer = authorizer;
    this.#limits = limits;
  }

  /**
   * @param generation of the authorizer's rules
   * @returns why not
   */
  refusalOf(request: PublishRequest, generation: number): Refusal | undefined {
    const { topic, qos, isRetained } = request;
    if (
      topic === this.#topic &&
      qos === this.#qos &&
      isRetained === this.#isRetained &&
      generation === this.#generation
    )
      return this.#refusal;
    if (topic.length > mostRemembered) return this.#judge(request);
    const refusal = this.#recall(request, generation);
    this.#refusal = refusal;
    this.#topic = topic;
    this.#qos = qos;
    this.#isRetained = isRetained;
    this.#generation = generation;
    return refusal;
  }

  #recall(request: PublishRequest, generation: number): Refusal | undefined {
    if (generation !== this.#generation) this.#verdicts = undefined;
    else this.#verdicts ??= new Memo(maxVerdictBytes, () => verdictsBytes);
    const known = this.#verdicts?.get(request.topic);
    const way = request.qos * 2 + (request.isRetained ? 1 : 0);
    const before = known?.[way];
    if (before !== undefined) return before === 'allowed' ? undefined : before;
    const refusal = this.#judge(request);
    const verdicts = known ?? Array<Verdicts[number]>(ways).fill(undefined);
    verdicts[way] = refusal ?? 'allowed';
    if (known === undefined) this.#verdicts?.set(request.topic, verdicts);
    return refusal;
  }

  #judge(request: PublishRequest): Refusal | undefined {
    const reason = this.#authorizer.publish(this.client, request);
    return reason === undefined ? topicFault(request.topic, this.#limits) : notAuthorized(reason);
  }
}

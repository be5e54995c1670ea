import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import type { Qos } from '../../plane/message.ts';
import type { AuthorizedClient, Authorizer, PublishRequest } from '../ports.ts';
import { type TopicLimits, topicFault } from '../reserved-topics.ts';

export const notAuthorized = (reason: string): Refusal => refuse(reasonCodes.notAuthorized, '3.3.5', reason);

/** Characters; longer topics are judged anew each time. */
const mostRemembered = 256;

/**
 * What one client may publish. The verdict on its last topic is remembered: most publish on one for a while, as the
 * same string each time (see `TopicMemo`).
 */
export class PublishAuthorization {
  readonly #client: AuthorizedClient;
  readonly #authorizer: Authorizer;
  readonly #limits: TopicLimits;
  #topic = '';
  #qos: Qos = 0;
  #isRetained = false;
  #generation = -1;
  #refusal: Refusal | undefined;

  constructor(client: AuthorizedClient, authorizer: Authorizer, limits: TopicLimits) {
    this.#client = client;
    this.#authorizer = authorizer;
    this.#limits = limits;
  }

  /** @returns why not */
  refusalOf(request: PublishRequest): Refusal | undefined {
    const { topic, qos, isRetained } = request;
    const { generation } = this.#authorizer;
    if (
      topic === this.#topic &&
      qos === this.#qos &&
      isRetained === this.#isRetained &&
      generation === this.#generation
    )
      return this.#refusal;
    const reason = this.#authorizer.publish(this.#client, request);
    const refusal = reason === undefined ? topicFault(topic, this.#limits) : notAuthorized(reason);
    if (topic.length > mostRemembered) return refusal;
    this.#refusal = refusal;
    this.#topic = topic;
    this.#qos = qos;
    this.#isRetained = isRetained;
    this.#generation = generation;
    return refusal;
  }
}

import type { PublishHeader } from './publish.ts';
import { reasonCodes } from './reason-codes.ts';
import { protocolError, type Refusal, refuse } from './refusal.ts';
import { isLongerThan } from './topic.ts';

const unknown = protocolError('3.3.2.3.4', 'PUBLISH has no topic name, and its topic alias stands for none');

/** What the topic aliases of a client stand for, on one connection. [MQTT-3.3.2-7] */
export class InboundAliases {
  readonly #maximum: number;
  readonly #longest: number;
  readonly #topics = new Map<number, string>();

  /**
   * @param maximum the Topic Alias Maximum that CONNACK named, 0 to 65,535; bounds the table
   * @param longest bytes of a topic that is taken; of a longer one nothing is remembered but that it is too long
   */
  constructor(maximum: number, longest = 65_535) {
    this.#maximum = maximum;
    this.#longest = longest;
  }

  /**
   * Learns the alias of a PUBLISH that has a topic too, and looks up that of one that has none.
   * @returns the topic name, or why the connection must end: 0x94 for an alias beyond the maximum [MQTT-3.3.2-9], 0x82
   *   for one that was never set [MQTT 5, 3.3.2.3.4]
   */
  resolve({ topic, topicAlias }: Pick<PublishHeader, 'topic' | 'topicAlias'>): string | Refusal {
    if (topicAlias === undefined) return topic;
    if (topicAlias < 1 || topicAlias > this.#maximum)
      return refuse(
        reasonCodes.topicAliasInvalid,
        'MQTT-3.3.2-9',
        `PUBLISH has topic alias ${topicAlias}; 1 to ${this.#maximum} are allowed`,
      );
    if (topic === '') return this.#topics.get(topicAlias) ?? unknown;
    this.#topics.set(topicAlias, isLongerThan(topic, this.#longest) ? '-'.repeat(this.#longest + 1) : topic);
    return topic;
  }
}

export interface OutboundAlias {
  readonly alias: number;
  /** Whether the packet has to carry the topic as well, as the client does not know the alias yet. */
  readonly isNew: boolean;
}

/** An alias saves the topic and costs three bytes. */
const shortestTopic = 4;

/**
 * The topic aliases that we use towards one client: the first topics get them, and keep them while it is connected.
 * [MQTT-3.3.2-11] [MQTT-3.3.2-12]
 */
export class OutboundAliases {
  readonly #maximum: number;
  readonly #known = new Map<string, OutboundAlias>();

  /** @param maximum the Topic Alias Maximum of CONNECT, 0 to 65,535; bounds the table. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /**
   * Asked for each packet in the order of sending. Where the packet is dropped afterwards, `forget` must be told.
   * @returns undefined where the topic goes without
   */
  aliasFor(topic: string): OutboundAlias | undefined {
    const known = this.#known.get(topic);
    if (known !== undefined) {
      if (known.isNew) this.#known.set(topic, { alias: known.alias, isNew: false });
      return known;
    }
    if (this.#known.size >= this.#maximum || topic.length < shortestTopic) return undefined;
    const alias = this.#known.size + 1;
    this.#known.set(topic, { alias, isNew: false });
    return { alias, isNew: true };
  }

  /** The packet was not sent: the next one of the topic has to carry it again, under the same alias. */
  forget(topic: string): void {
    const known = this.#known.get(topic);
    if (known !== undefined) this.#known.set(topic, { alias: known.alias, isNew: true });
  }
}

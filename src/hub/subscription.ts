import type { Publication } from './parser.ts';
import type { Interest } from './sublist.ts';

/** A client, as far as the router deals with it. */
export interface Subscriber {
  /** False: it does not get what it published itself. */
  readonly hasEcho: boolean;
  /** It is to be told when nobody listens to its request. */
  readonly wantsNoResponders: boolean;
  /** Queues a message. */
  deliver(publication: Publication, subscription: Subscription): void;
  /** Queues the reply that nobody listens. @param reply latin1. */
  deliverNoResponders(reply: string, sid: string): void;
  /** The subscription has had all the messages it asked for. */
  finished(subscription: Subscription): void;
}

export interface Subscription extends Interest {
  readonly owner: Subscriber;
  readonly sid: string;
  /** The sid with a space on both sides, as it stands in MSG. */
  readonly sidBytes: Uint8Array;
  /** Messages it may get in all; 0: no limit. */
  max: number;
  delivered: number;
  isClosed: boolean;
}

export const createSubscription = (
  owner: Subscriber,
  subject: string,
  queue: string | undefined,
  sid: string,
): Subscription => ({
  owner,
  subject,
  queue,
  sid,
  sidBytes: Buffer.from(` ${sid} `, 'latin1'),
  max: 0,
  delivered: 0,
  isClosed: false,
});

import type { Publication } from './parser.ts';
import type { SubjectInterest } from './sublist.ts';

/** A client, as far as the router deals with it. */
export interface HubSubscriber {
  /** False: it does not get what it published itself. */
  readonly hasEcho: boolean;
  /** It is to be told when nobody listens to its request. */
  readonly wantsNoResponders: boolean;
  /** Queues a message. */
  deliver(publication: Publication, subscription: HubSubscription): void;
  /** Queues the reply that nobody listens. @param reply latin1. */
  deliverNoResponders(reply: string, sid: string): void;
  /** The subscription has had all the messages it asked for. */
  finished(subscription: HubSubscription): void;
}

export interface HubSubscription extends SubjectInterest {
  readonly owner: HubSubscriber;
  readonly sid: string;
  /** The sid with a space on both sides, as it stands in MSG. */
  readonly sidBytes: Uint8Array;
  /** Messages it may get in all; 0: no limit. */
  max: number;
  delivered: number;
  isClosed: boolean;
  /** Says of a message that it is kept from its owner; undefined: none is. */
  bars: ((publication: Publication) => boolean) | undefined;
}

export const createSubscription = (
  owner: HubSubscriber,
  subject: string,
  queue: string | undefined,
  sid: string,
): HubSubscription => ({
  owner,
  subject,
  queue,
  sid,
  sidBytes: Buffer.from(` ${sid} `, 'latin1'),
  max: 0,
  delivered: 0,
  isClosed: false,
  bars: undefined,
});

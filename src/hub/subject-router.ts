import { jetStreamRefusal } from './jetstream.ts';
import { type Publication, subjectOf } from './parser.ts';
import { type Match, Sublist } from './sublist.ts';
import type { HubSubscriber, HubSubscription } from './subscription.ts';

/** Longer subjects are looked up each time. */
const maxMemoBytes = 64;

/** The last subject a client published to, with who got it: most publishers stay with one. */
export interface SubjectMemo {
  readonly bytes: Uint8Array;
  length: number;
  match: Match<HubSubscription>;
  generation: number;
}

export const newSubjectMemo = (): SubjectMemo => ({
  bytes: new Uint8Array(maxMemoBytes),
  length: 0,
  match: { plain: [], queues: [] },
  generation: -1,
});

export interface RouterOptions {
  /** Told when a request for JetStream was refused. */
  readonly onJetStream: (from: HubSubscriber, subject: string) => void;
  /** 0 to 1; picks the member of a queue. */
  readonly random: () => number;
}

/** Gives each message to those who subscribed. Works on the bytes as they came; nothing is decoded. */
export class SubjectRouter {
  readonly sublist = new Sublist<HubSubscription>();
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** @param from who published it; undefined: the hub itself. */
  route(publication: Publication, from: HubSubscriber | undefined, memo: SubjectMemo): void {
    const match = this.#match(publication, memo);
    let isDelivered = false;
    for (const subscription of match.plain) if (give(publication, subscription, from)) isDelivered = true;
    for (const members of match.queues) if (this.#giveToOne(publication, members, from)) isDelivered = true;
    if (!isDelivered && from !== undefined && publication.replyEnd > publication.replyStart)
      this.#answer(publication, from);
  }

  #match(publication: Publication, memo: SubjectMemo): Match<HubSubscription> {
    const { buffer, subjectStart, subjectEnd } = publication;
    const { sublist } = this;
    if (memo.generation === sublist.generation && isSame(memo, buffer, subjectStart, subjectEnd)) return memo.match;
    const match = sublist.match(subjectOf(publication));
    const length = subjectEnd - subjectStart;
    if (length > maxMemoBytes) return match;
    for (let index = 0; index < length; index++) memo.bytes[index] = buffer[subjectStart + index]!;
    memo.length = length;
    memo.match = match;
    memo.generation = sublist.generation;
    return match;
  }

  /** A random member gets it; where that one cannot, the next. */
  #giveToOne(publication: Publication, members: readonly HubSubscription[], from: HubSubscriber | undefined): boolean {
    const first = Math.floor(this.#options.random() * members.length);
    for (let step = 0; step < members.length; step++)
      if (give(publication, members[(first + step) % members.length]!, from)) return true;
    return false;
  }

  /** Nobody listens, and somebody waits for an answer. */
  #answer(publication: Publication, from: HubSubscriber): void {
    const { buffer, replyStart, replyEnd } = publication;
    const subject = subjectOf(publication);
    const reply = buffer.toString('latin1', replyStart, replyEnd);
    const refusal = jetStreamRefusal(subject);
    if (refusal !== undefined) {
      this.#options.onJetStream(from, subject);
      this.route(publicationOf(reply, refusal), undefined, newSubjectMemo());
      return;
    }
    if (!from.wantsNoResponders) return;
    // Only the requester itself is told, through its own subscription to the reply subject.
    const own = this.sublist.match(reply).plain.find((subscription) => subscription.owner === from);
    if (own !== undefined) from.deliverNoResponders(reply, own.sid);
  }
}

function give(publication: Publication, subscription: HubSubscription, from: HubSubscriber | undefined): boolean {
  const { owner } = subscription;
  if (subscription.isClosed || (owner === from && !from.hasEcho)) return false;
  if (subscription.bars?.(publication) === true) return false;
  owner.deliver(publication, subscription);
  subscription.delivered += 1;
  if (subscription.max > 0 && subscription.delivered >= subscription.max) owner.finished(subscription);
  return true;
}

function isSame({ bytes, length }: SubjectMemo, buffer: Uint8Array, from: number, to: number): boolean {
  if (length !== to - from) return false;
  for (let index = 0; index < length; index++) if (bytes[index] !== buffer[from + index]) return false;
  return true;
}

/** A message of the hub itself. @param subject latin1. */
function publicationOf(subject: string, payload: string): Publication {
  const size = Buffer.byteLength(payload);
  const line = `PUB ${subject} ${size}\r\n`;
  const buffer = Buffer.concat([Buffer.from(line, 'latin1'), Buffer.from(`${payload}\r\n`)]);
  const subjectEnd = 4 + subject.length;
  return {
    buffer,
    subjectStart: 4,
    subjectEnd,
    replyStart: subjectEnd + 1,
    replyEnd: subjectEnd + 1,
    tailStart: subjectEnd + 1,
    headerBytes: -1,
    payloadStart: line.length,
    payloadEnd: line.length + size,
  };
}

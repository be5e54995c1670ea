import { Gather } from './gather.ts';
import { isBlank, isTidy, matchOperation, operation, parseSize, readTokens, unfinished, unknown } from './tokens.ts';

/** Largest arguments of a protocol line, in bytes; the default of nats-server. */
const maxControlLineBytes = 4_096;
/** Room for the operation and the blanks around the arguments. */
const maxLineBytes = maxControlLineBytes + 32;
const lineFeed = 10;
const carriageReturn = 13;
const nothing = Buffer.alloc(0);

/**
 * A message of a client, as offsets into the bytes it arrived in. The parser reuses one object: it is valid during the
 * callback only. The buffer itself is never changed afterwards and may be kept.
 * Blanks are normalised: `PUB subject [reply ][headerBytes ]totalBytes CR LF payload CR LF`.
 */
export interface Publication {
  buffer: Buffer;
  subjectStart: number;
  subjectEnd: number;
  /** Equal to `replyEnd` where there is no reply subject. */
  replyStart: number;
  replyEnd: number;
  /** Start of all that follows the subject: reply, sizes, payload. */
  tailStart: number;
  /** Size of the header block within the payload; -1 for PUB. */
  headerBytes: number;
  payloadStart: number;
  payloadEnd: number;
}

/** In latin1. */
export const subjectOf = ({ buffer, subjectStart, subjectEnd }: Publication): string =>
  buffer.toString('latin1', subjectStart, subjectEnd);

/** Why the bytes of a client cannot be followed any further. */
export type ParseFailure = 'unknown-operation' | 'malformed' | 'control-line' | 'payload' | 'login-required';

/** What a client said. Strings are latin1: one character a byte. */
export interface ParserHandler {
  connect(json: string): void;
  ping(): void;
  pong(): void;
  publish(publication: Publication): void;
  subscribe(subject: string, queue: string | undefined, sid: string): void;
  /** @param max messages since the subscription began; 0 ends it at once. */
  unsubscribe(sid: string, max: number): void;
  /** The client reports an error of its own. */
  error(text: string): void;
}

export interface ParserLimits {
  readonly maxPayload: number;
}

/**
 * Reads the NATS client protocol from chunks cut anywhere. A message that lies within one chunk is handed on without a
 * copy; one that does not is gathered once. It holds at most one line and one message.
 */
export class Parser {
  /** HPUB is understood only after a CONNECT with `headers: true`. */
  hasHeaders = false;
  /** Nothing but CONNECT is taken, and of anything else no more than its first byte is looked at. */
  isLocked = false;
  readonly #handler: ParserHandler;
  readonly #limits: ParserLimits;
  readonly #tokens = new Int32Array(10);
  readonly #publication: Publication = {
    buffer: nothing,
    subjectStart: 0,
    subjectEnd: 0,
    replyStart: 0,
    replyEnd: 0,
    tailStart: 0,
    headerBytes: -1,
    payloadStart: 0,
    payloadEnd: 0,
  };
  #line: Buffer | undefined;
  #lineBytes = 0;
  readonly #gather = new Gather();
  #failure: ParseFailure | undefined;
  #excerpt = '';
  #isStopped = false;
  #isHeld = false;
  /** What came behind the operation that is waited for. */
  #rest = nothing;

  constructor(handler: ParserHandler, limits: ParserLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** The first bytes of the line that was not understood, latin1. */
  get excerpt(): string {
    return this.#excerpt;
  }

  /** Ignores everything from here on; may be called from a callback. */
  stop(): void {
    this.#isStopped = true;
    this.#line = undefined;
    this.#rest = nothing;
    this.#gather.clear();
  }

  /** Reads no further than the operation of this callback, until `goOn`; the peer is to be kept from sending more. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Reads what was left. @returns as `feed` */
  goOn(): ParseFailure | undefined {
    const rest = this.#rest;
    this.#rest = nothing;
    this.#isHeld = false;
    return this.feed(rest);
  }

  /** @returns why the connection must be closed; after that nothing more is read. */
  feed(chunk: Buffer): ParseFailure | undefined {
    let at = 0;
    while (at < chunk.length && !this.#isStopped && !this.#isHeld) {
      if (this.#gather.isOpen) at = this.#gatherMore(chunk, at);
      else if (this.#line !== undefined) at = this.#fillLine(this.#line, chunk, at);
      else at = this.#readLine(chunk, at);
    }
    if (this.#isHeld && at < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(at)]);
    this.#publication.buffer = nothing; // an idle connection keeps no chunk alive
    return this.#failure;
  }

  /** Reads the operation at `at`, and its payload where all of it is there. @returns where the next one begins. */
  #readLine(bytes: Buffer, at: number): number {
    if (this.isLocked && !isConnect(bytes[at]!)) return this.#fail('login-required', bytes, at);
    const found = matchOperation(bytes, at);
    if (found === unknown) return this.#fail('unknown-operation', bytes, at);
    const tokens = this.#tokens;
    const lineEnd = found === unfinished ? -1 : readTokens(bytes, at + operation[found]!.length, tokens);
    if (lineEnd < 0) return this.#keepLine(bytes, at);
    if (lineEnd - at > maxLineBytes) return this.#fail('control-line', bytes, at);
    const next = lineEnd + 1;
    const name = operation[found]!.name;
    if (name === 'PUB' || name === 'HPUB') return this.#readPublish(bytes, at, lineEnd, name === 'HPUB');
    const from = skipBlanks(bytes, at + operation[found]!.length);
    const to = lineEnd > from && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    const hasLimit = name === 'SUB' || name === 'UNSUB' || name === 'CONNECT';
    if (hasLimit && to - from > maxControlLineBytes) return this.#fail('control-line', bytes, at);
    const isRead = this.#dispatch(name, bytes, from, Math.max(from, to));
    return isRead ? next : this.#fail('malformed', bytes, at);
  }

  #dispatch(name: string, bytes: Buffer, from: number, to: number): boolean {
    const tokens = this.#tokens;
    const count = tokens[0]!;
    const token = (index: number) => bytes.toString('latin1', tokens[1 + 2 * index], tokens[2 + 2 * index]);
    switch (name) {
      case 'SUB':
        if (count !== 2 && count !== 3) return false;
        this.#handler.subscribe(token(0), count === 3 ? token(1) : undefined, token(count - 1));
        return true;
      case 'UNSUB':
        if (count !== 1 && count !== 2) return false;
        // A count that is no number ends the subscription at once, as in nats-server.
        this.#handler.unsubscribe(token(0), count === 2 ? Math.max(0, parseSize(bytes, tokens[3]!, tokens[4]!)) : 0);
        return true;
      case 'PING':
        this.#handler.ping();
        return true;
      case 'PONG':
        this.#handler.pong();
        return true;
      case 'CONNECT':
        this.#handler.connect(bytes.toString('latin1', from, to));
        return true;
      case '-ERR':
        this.#handler.error(bytes.toString('latin1', from, to));
        return true;
      default: // +OK and INFO say nothing to a server
        return true;
    }
  }

  #readPublish(bytes: Buffer, at: number, lineEnd: number, hasHeaders: boolean): number {
    const tokens = this.#tokens;
    const count = tokens[0]!;
    const sizes = hasHeaders ? 2 : 1;
    if ((hasHeaders && !this.hasHeaders) || (count !== sizes + 1 && count !== sizes + 2))
      return this.#fail('malformed', bytes, at);
    const lastToken = tokens[2 * count]!;
    if (lastToken - tokens[1]! > maxControlLineBytes) return this.#fail('control-line', bytes, at);
    const total = parseSize(bytes, tokens[2 * count - 1]!, lastToken);
    const headerBytes = hasHeaders ? parseSize(bytes, tokens[2 * count - 3]!, tokens[2 * count - 2]!) : 0;
    if (total < 0 || headerBytes < 0 || headerBytes > total) return this.#fail('malformed', bytes, at);
    if (total > this.#limits.maxPayload) return this.#fail('payload', bytes, at);
    if (!isTidy(bytes, lineEnd, tokens)) return this.#tidy(bytes, at, lineEnd, hasHeaders);

    const publication = this.#publication;
    publication.buffer = bytes;
    publication.subjectStart = tokens[1]!;
    publication.subjectEnd = tokens[2]!;
    publication.tailStart = tokens[3]!;
    const hasReply = count > sizes + 1;
    publication.replyStart = tokens[3]!;
    publication.replyEnd = hasReply ? tokens[4]! : tokens[3]!;
    publication.headerBytes = hasHeaders ? headerBytes : -1;
    publication.payloadStart = lineEnd + 1;
    publication.payloadEnd = lineEnd + 1 + total;
    const end = publication.payloadEnd + 2;
    if (end <= bytes.length) return this.#publish(bytes, at, end);
    this.#gatherFrom(bytes, at, end - at);
    return bytes.length;
  }

  #publish(bytes: Buffer, at: number, end: number): number {
    if (bytes[end - 2] !== carriageReturn || bytes[end - 1] !== lineFeed)
      return this.#fail('unknown-operation', bytes, at);
    this.#handler.publish(this.#publication);
    return end;
  }

  /** Writes the line again with single blanks, so that what follows the subject can be forwarded as it stands. */
  #tidy(bytes: Buffer, at: number, lineEnd: number, hasHeaders: boolean): number {
    const tokens = this.#tokens;
    const words = [hasHeaders ? 'HPUB' : 'PUB'];
    for (let index = 0; index < tokens[0]!; index++)
      words.push(bytes.toString('latin1', tokens[1 + 2 * index], tokens[2 + 2 * index]));
    const line = Buffer.from(`${words.join(' ')}\r\n`, 'latin1');
    readTokens(line, words[0]!.length, tokens);
    this.#readPublish(line, 0, line.length - 1, hasHeaders);
    return this.#failure === undefined ? lineEnd + 1 : this.#fail(this.#failure, bytes, at);
  }

  #gatherFrom(bytes: Buffer, at: number, total: number): void {
    this.#gather.begin(bytes, at, total);
    const publication = this.#publication;
    publication.subjectStart -= at;
    publication.subjectEnd -= at;
    publication.replyStart -= at;
    publication.replyEnd -= at;
    publication.tailStart -= at;
    publication.payloadStart -= at;
    publication.payloadEnd -= at;
  }

  #gatherMore(chunk: Buffer, at: number): number {
    const next = this.#gather.add(chunk, at);
    const whole = this.#gather.take();
    if (whole === undefined) return next;
    this.#publication.buffer = whole;
    this.#publish(whole, 0, whole.length);
    return this.#failure === undefined ? next : chunk.length;
  }

  #keepLine(bytes: Buffer, at: number): number {
    const present = bytes.length - at;
    if (present > maxLineBytes) return this.#fail('control-line', bytes, at);
    const line = Buffer.allocUnsafeSlow(maxLineBytes + 1);
    bytes.copy(line, 0, at);
    this.#line = line;
    this.#lineBytes = present;
    return bytes.length;
  }

  #fillLine(line: Buffer, chunk: Buffer, at: number): number {
    const room = maxLineBytes + 1 - this.#lineBytes;
    const feed = chunk.indexOf(lineFeed, at);
    const end = feed < 0 ? chunk.length : feed + 1;
    const take = Math.min(room, end - at);
    chunk.copy(line, this.#lineBytes, at, at + take);
    this.#lineBytes += take;
    const held = line.subarray(0, this.#lineBytes);
    if (matchOperation(held, 0) === unknown) return this.#fail('unknown-operation', held, 0);
    if (feed < 0 || take < end - at)
      return this.#lineBytes > maxLineBytes ? this.#fail('control-line', held, 0) : at + take;
    this.#line = undefined;
    this.#readLine(held, 0);
    return this.#failure === undefined ? at + take : chunk.length;
  }

  #fail(failure: ParseFailure, bytes: Buffer, at: number): number {
    this.#failure = failure;
    this.#excerpt = bytes.toString('latin1', at, Math.min(bytes.length, at + 16)).replace(/[\r\n].*/s, '');
    this.stop();
    return bytes.length;
  }
}

const isConnect = (first: number): boolean => first === 67 || first === 99; // no other operation begins with C

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (isBlank(bytes[at]!)) at += 1;
  return at;
}

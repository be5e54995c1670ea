import type { Exchange, StoredSession, StoredWill } from '../../broker/store-port.ts';
import type { StoreDeps } from '../drop.ts';
import type { StoreLimits } from '../schema.ts';
import { encodeRecord, toWill } from './packet-codec.ts';
import type { Pipe } from './pipe.ts';
import { roomOf, type StoreRoom } from './room.ts';
import { asBytes, asList, asNumber, noResult, pairsOf, type Reply, replyText } from './round-trip.ts';

const scanStep = 500;

export interface RecordsOptions {
  readonly keyPrefix: string;
  readonly limits: StoreLimits;
}

type RecordsDeps = Pick<StoreDeps, 'onDropped'>;

/** That a session exists, and until when: JSON in the hash `sessions`. */
export class SessionRecords {
  readonly #pipe: Pipe;
  readonly #keyPrefix: string;
  readonly #room: StoreRoom;

  constructor(pipe: Pipe, options: RecordsOptions, deps: RecordsDeps) {
    this.#pipe = pipe;
    this.#keyPrefix = options.keyPrefix;
    this.#room = roomOf(options.limits, deps);
  }

  /** @throws StoreError store-full where it is new */
  put(session: StoredSession): Promise<void> {
    const args = ['sessions', session.clientId, JSON.stringify(session), this.#room.maxBytes];
    return this.#pipe.write('PUT_SESSION', args, this.#room.require);
  }

  async get(clientId: string): Promise<StoredSession | undefined> {
    return toSession(await this.#pipe.submit('READ', 'HGET', `${this.#keyPrefix}sessions`, clientId));
  }

  async *all(): AsyncGenerator<readonly StoredSession[], void> {
    for await (const replies of valuesOf(this.#pipe, `${this.#keyPrefix}sessions`))
      yield replies.map(toSession).filter((session) => session !== undefined);
  }
}

/** Wills by client id, in the hash `wills`. */
export class RedisWills {
  readonly #pipe: Pipe;
  readonly #keyPrefix: string;
  readonly #room: StoreRoom;

  constructor(pipe: Pipe, options: RecordsOptions, deps: RecordsDeps) {
    this.#pipe = pipe;
    this.#keyPrefix = options.keyPrefix;
    this.#room = roomOf(options.limits, deps);
  }

  /** @throws StoreError store-full */
  put(will: StoredWill): Promise<void> {
    const args = ['wills', will.clientId, encodeRecord(will), this.#room.maxBytes];
    return this.#pipe.write('PUT_WILL', args, this.#room.require);
  }

  take(clientId: string): Promise<StoredWill | undefined> {
    return this.#pipe.write('TAKE', ['wills', clientId], willOf);
  }

  /** Of all nodes. */
  async *all(): AsyncGenerator<StoredWill, void> {
    for await (const replies of valuesOf(this.#pipe, `${this.#keyPrefix}wills`))
      for (const will of replies.map(willOf)) if (will !== undefined) yield will;
  }
}

/** Packet identifiers of QoS 2 messages that publishers have not released yet [MQTT-4.3.3-2]; opened with a message. */
export class RedisExchanges {
  readonly #pipe: Pipe;
  readonly #keyPrefix: string;

  constructor(pipe: Pipe, keyPrefix: string) {
    this.#pipe = pipe;
    this.#keyPrefix = keyPrefix;
  }

  async isOpen({ clientId, packetId }: Exchange): Promise<boolean> {
    const key = `${this.#keyPrefix}open:${encodeURIComponent(clientId)}`;
    return asNumber(await this.#pipe.submit('READ', 'SISMEMBER', key, packetId)) === 1;
  }

  close({ clientId, packetId }: Exchange): Promise<void> {
    return this.#pipe.write('RELEASE', [encodeURIComponent(clientId), packetId], noResult);
  }
}

/** Values of a hash, page by page; a field may come twice from Redis, and comes once from here. */
async function* valuesOf(pipe: Pipe, hash: string): AsyncGenerator<Reply[], void> {
  const seen = new Set<string>();
  let cursor = '0';
  do {
    const [next, page] = asList(await pipe.submit('READ', 'HSCAN', hash, cursor, 'COUNT', scanStep));
    cursor = replyText(next);
    const values: Reply[] = [];
    for (const [field, value] of pairsOf(page)) {
      if (seen.has(field)) continue;
      seen.add(field);
      values.push(value);
    }
    yield values;
  } while (cursor !== '0');
}

function toSession(reply: Reply): StoredSession | undefined {
  const text = replyText(reply);
  if (text === '') return undefined;
  const session: StoredSession = JSON.parse(text);
  return session;
}

const willOf = (reply: Reply): StoredWill | undefined => {
  const bytes = asBytes(reply);
  return bytes === undefined ? undefined : toWill(bytes);
};

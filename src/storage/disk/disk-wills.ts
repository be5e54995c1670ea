import { deserialize, serialize } from 'node:v8';
import type { StoredWill } from '../../broker/store-port.ts';
import { recordBytes } from '../limits.ts';
import type { Batch } from './files/batch.ts';
import { damaged } from './files/damaged.ts';
import type { Environment } from './files/environment.ts';
import { textKey } from './files/keys.ts';

/** Wills by client id: on disk, as they are read once in a while. */
export class DiskWills {
  readonly #batch: Batch;
  #bytes = 0;

  constructor(environment: Environment, batch: Batch) {
    this.#batch = batch;
    for (const { value } of environment.all('wills')) this.#bytes += costOf(value);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws StoreError store-damaged */
  find(clientId: string): StoredWill | undefined {
    const record = this.#record(clientId);
    return record === undefined ? undefined : decodeWill(record);
  }

  /** @param requireRoom throws where what the will adds has none */
  put(will: StoredWill, requireRoom: (bytes: number) => void): void {
    const { clientId } = will;
    const record = encodeWill(will);
    const before = this.#costBefore(clientId);
    requireRoom(costOf(record) - before);
    this.#bytes += costOf(record) - before;
    this.#batch.put('wills', textKey(clientId), record);
  }

  remove(clientId: string): void {
    this.#bytes -= this.#costBefore(clientId);
    this.#batch.remove('wills', textKey(clientId));
  }

  /** Asked for with every CONNECT, and mostly there is no will at all. */
  #record(clientId: string): Buffer | undefined {
    return this.#bytes === 0 ? undefined : this.#batch.get('wills', textKey(clientId));
  }

  #costBefore(clientId: string): number {
    const record = this.#record(clientId);
    return record === undefined ? 0 : costOf(record);
  }
}

const costOf = (record: Buffer): number => recordBytes() + record.length;

/** A will as it stands on disk, in the words of the engine. */
interface WillRecord extends Omit<StoredWill, 'runId' | 'counter' | 'expiresAt' | 'packetId'> {
  readonly brokerId?: string | undefined;
  readonly brokerCounter?: number | undefined;
  readonly messageExpiry?: number | undefined;
}

export function encodeWill({ runId, counter, expiresAt, packetId: _packetId, ...will }: StoredWill): Buffer {
  const record: WillRecord = { ...will, brokerId: runId, brokerCounter: counter, messageExpiry: expiresAt };
  return serialize(Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)));
}

/** @throws StoreError store-damaged */
export function decodeWill(record: Buffer): StoredWill {
  try {
    const { brokerId, brokerCounter, messageExpiry, ...will }: WillRecord = deserialize(record);
    return {
      ...will,
      ...(brokerId === undefined ? {} : { runId: brokerId }),
      ...(brokerCounter === undefined ? {} : { counter: brokerCounter }),
      ...(messageExpiry === undefined ? {} : { expiresAt: messageExpiry }),
    };
  } catch (cause) {
    throw damaged('a will of the store cannot be read', cause);
  }
}

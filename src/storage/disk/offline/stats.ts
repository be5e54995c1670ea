import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreStats } from '../../../broker/store-port.ts';
import { ownerIn } from '../files/keys.ts';
import { decodeOwner, decodeSize } from '../queues/owners.ts';
import { retainedSizeIn } from '../retained/disk-retained.ts';
import type { OfflineStore } from './open-offline.ts';

/** What a store on disk holds. */
export interface OfflineStats extends StoreStats {
  readonly directory: string;
  readonly schemaVersion: number;
  readonly wills: number;
  /** Of publishers: QoS 2 messages whose PUBREL has not come. */
  readonly openQos2Identifiers: number;
  /** Of the data file, as far as it is allocated. */
  readonly diskBytes: number;
}

export async function offlineStats({ directory, environment, version }: OfflineStore): Promise<OfflineStats> {
  let sessions = 0;
  for (const { key, value } of environment.all('owners'))
    if (decodeOwner(ownerIn(key), value).session !== undefined) sessions += 1;
  let queuedMessages = 0;
  let queuedBytes = 0;
  for (const { value } of environment.all('sizes')) {
    const { messages, bytes } = decodeSize(value);
    queuedMessages += messages;
    queuedBytes += bytes;
  }
  const retained = retainedSizeIn(environment);
  const { blocks } = await stat(join(directory, 'data.mdb'));
  return {
    directory,
    schemaVersion: version,
    sessions,
    subscriptions: environment.count('subscriptions'),
    queuedMessages,
    queuedBytes,
    retainedMessages: retained.messages,
    retainedBytes: retained.bytes,
    wills: environment.count('wills'),
    openQos2Identifiers: environment.count('inbound'),
    diskBytes: blocks * 512,
  };
}

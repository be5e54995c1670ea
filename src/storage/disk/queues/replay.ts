import type { QueuedPacket } from '../../../broker/store-port.ts';
import { StoreError } from '../../../kernel/errors.ts';
import type { Batch } from '../files/batch.ts';
import type { Environment } from '../files/environment.ts';
import { queueKey, sequenceIn } from '../files/keys.ts';
import type { DiskQueues } from './disk-queues.ts';
import { decodeMessage } from './message-record.ts';
import type { Owner } from './owners.ts';

const pageRows = 256;
const pageBytes = 1_048_576;

interface ReplayDeps {
  readonly environment: Environment;
  readonly batch: Batch;
  readonly queues: DiskQueues;
}

/**
 * The messages of one queue, oldest first, read page by page as they are asked for. What goes away meanwhile is left
 * out, and what is sent meanwhile says so.
 *
 * @param end above the sequence numbers of all messages that are to be seen.
 */
export function* replay(owner: Owner, end: number, deps: ReplayDeps): Generator<QueuedPacket, void> {
  const { environment, batch, queues } = deps;
  const to = queueKey(owner.number, end);
  for (let from = 0; owner.state !== 'ended'; ) {
    requireKnown(owner);
    const start = queueKey(owner.number, from);
    batch.settle('queue', start, to);
    const { changes } = owner;
    const rows = environment.rows('queue', { from: start, to, maxRows: pageRows, maxBytes: pageBytes });
    for (const { key, value } of rows) {
      requireKnown(owner);
      if (isEnded(owner)) return;
      const sequence = sequenceIn(key);
      const record = owner.changes === changes ? value : batch.get('queue', key);
      if (record === undefined || queues.dropIfLapsed(owner, sequence, record)) continue;
      yield decodeMessage(record, queues.indexOf(owner).messageIdOf(sequence));
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    from = sequenceIn(last.key) + 1;
  }
}

const isEnded = ({ state }: Owner): boolean => state === 'ended';

function requireKnown({ state }: Owner): void {
  if (state === 'lost')
    throw new StoreError('store-unavailable', 'a commit failed while the queue was read; read it again');
}

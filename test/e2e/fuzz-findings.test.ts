import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSubject } from '../fuzz/subject.ts';
import { repository } from '../support/program.ts';
import { rawClient, rawClientOn } from '../support/raw-client.ts';

/** What the fuzzer once ended or confused a broker with. */
const bin = join(repository, 'dist', 'bin.js');

test('two members of a shared group that leave with messages unanswered, one of them half-closed, cost nobody else (seed 100)', async () => {
  await using subject = await startSubject({ bin, hotPath: 'on', store: 'disk' });
  const port = subject.ports.get('tcp') ?? 0;
  // it sends DISCONNECT and leaves its side of the connection open: to the broker it is gone, to the listener it is not
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  await using lingering = rawClientOn(socket);
  await using vanishing = await rawClient(port);
  await using publisher = await rawClient(port);
  for (const [client, id] of [
    [lingering, '61'],
    [vanishing, '62'],
    [publisher, '63'],
  ] as const) {
    client.write(`10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 ${id}`);
    await client.receive(4);
  }
  for (const member of [lingering, vanishing]) {
    member.write('82 0f 00 01 00 0a 24 73 68 61 72 65 2f 67 2f 74 01'); // $share/g/t at QoS 1
    await member.receive(4 + 5);
  }
  publisher.write('32 06 00 01 74 00 01 78 32 06 00 01 74 00 02 78');
  await Promise.all([publisher.receive(4 + 8), lingering.receive(9 + 8), vanishing.receive(9 + 8)]);
  lingering.write('e0 00');
  await once(socket, 'end');
  vanishing.socket.destroy();
  await vanishing.closed;
  // the two would hand the messages to each other for ever
  const { engineErrors } = await subject.vitals();
  publisher.write('c0 00');
  await publisher.receive(4 + 8 + 2);
  expect(engineErrors).toBe(0);
  expect(subject.death()).toBeUndefined();
  expect(subject.complaints()).toBe('');
});

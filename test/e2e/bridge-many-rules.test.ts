import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { leastOf } from '../support/least-of.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { repository } from '../support/program.ts';
import { runToEnd } from '../support/run-program.ts';
import { type ServingBroker, serve } from '../support/serving.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const bin = join(repository, 'dist', 'bin.js');

const rulesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `r${index}`,
    topic: `plants/p${index}/{x}/{rest...}`,
    subject: `plants.p${index}.{x}.{rest...}`,
  }));

/** Seconds of a processor that a broker has used. */
function used({ program }: ServingBroker): number {
  const stat = readFileSync(`/proc/${program.process.pid}/stat`, 'utf8');
  const [, user = '', system = ''] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(stat) ?? [];
  return (Number(user) + Number(system)) / 100;
}

/** Seconds of a processor for the start, and for messages each way over one rule. */
async function costs(count: number, messages: number) {
  await using nats = await startNatsServer();
  await using broker = await serve({ nats: { servers: [nats.url] }, bridge: { rules: rulesOf(count) } });
  const start = used(broker);
  const rule = Math.floor(count / 2);
  const service = await connect({ servers: nats.url });
  const heard = service.subscribe(`plants.p${rule}.>`, { max: messages });
  await service.flush();
  await using client = await broker.connect('device');
  const begun = used(broker);
  for (let index = 0; index < messages; index += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, more) =>
        client.mqtt.publishAsync(`plants/p${rule}/t/${(index + more) % 100}`, 'x'),
      ),
    );
  let arrived = 0;
  for await (const { subject } of heard) if (subject.startsWith(`plants.p${rule}.t.`)) arrived++;
  expect(arrived).toBe(messages);
  const sent = used(broker) - begun;
  const way = `rule="r${rule}",direction="to-nats"`;
  expect(await broker.metric('bridge_messages_total', way)).toBe(messages);
  expect(await broker.metric('bridge_bytes_total', way)).toBe(messages);
  await client.mqtt.subscribeAsync('plants/#');
  const from = used(broker);
  for (let index = 0; index < messages; index++)
    service.publish(`plants.p${rule}.t.${index % 100}`, 'x', { reply: `_INBOX.nobody.${index}` });
  await client.take(messages);
  const received = used(broker) - from;
  await service.close();
  return { start, sent, received };
}

/** Seconds of a processor that `config check` takes for as many rules. */
async function checkCosts(count: number): Promise<number> {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'viaduct.yaml'), stringify({ bridge: { rules: rulesOf(count) } }));
  const command = `'${process.execPath}' '${bin}' config check viaduct.yaml && times`;
  const { code, stdout } = await runToEnd('sh', ['-c', command], { cwd: directory.path });
  expect(code).toBe(0);
  expect(stdout).toContain(`${count} bridge rule`);
  const ofChildren = stdout.trim().split('\n').at(-1) ?? ''; // user and system, as 0m0.25s
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
}

test('10,000 rules: config check takes little more than with one', async () => {
  const dearer = async (): Promise<number> => {
    const one = await checkCosts(1);
    expect(one).toBeGreaterThan(0.05);
    return (await checkCosts(10_000)) / one;
  };
  // 0.65 s and 0.45 s where nothing else runs; on a busy machine both are more
  expect(await leastOf(2.5, dearer)).toBeLessThan(2.5);
});

test('10,000 rules: the start stays short, and a message each way costs what it costs with one rule', async () => {
  // what it is of what is allowed
  const share = async (): Promise<number> => {
    const one = await costs(1, 20_000);
    const many = await costs(10_000, 20_000);
    return Math.max(
      many.start / (7 * one.start), // four times as much; looking at every pair would take minutes
      many.sent / (3 * one.sent + 0.3), // a look at every rule would be a hundred times as much
      many.received / (3 * one.received + 0.3),
    );
  };
  expect(await leastOf(1, share)).toBeLessThan(1);
});

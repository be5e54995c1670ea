import { expect, test } from 'vitest';
import type { Message } from '../../src/plane/message.ts';
import { startNode } from '../support/bridge-node.ts';
import { freePorts } from '../support/free-ports.ts';
import { startNatsServer } from '../support/nats-server.ts';

const said = ({ topic, payload }: Message): string => `${topic} ${Buffer.from(payload).toString()}`;

test('in a cluster of three nats-servers that maps a subject, each node has every message once under each of its topics', async () => {
  const ports = await freePorts(3);
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  const server = (index: number) =>
    startNatsServer({
      config: `server_name: s${index}\ncluster: { name: c, listen: "127.0.0.1:${ports[index]}", routes: [${routes}] }\nmappings: { "signal.raw.*": "signal.clean.$1" }`,
    });
  await using first = await server(0);
  await using second = await server(1);
  await using third = await server(2);
  const rules = [
    { name: 'signal', topic: 'signal/#', subject: 'signal.>' },
    { name: 'mirror', topic: 'mirror/{r...}', subject: 'signal.{r...}', direction: 'from-nats' },
  ];
  await using one = await startNode(first, 'n1', { rules, echo: 'on' });
  await using two = await startNode(second, 'n2', { rules, echo: 'on' });
  await using three = await startNode(third, 'n3', { rules, echo: 'on' });
  const nodes = [one, two, three];

  // the servers tell each other of subscriptions in their own time
  let round = 0;
  const meets = (): boolean => {
    round += 1;
    for (const [index, { plane }] of nodes.entries()) plane.send(`signal/hello/${index}`, `${round}`);
    return nodes.every(({ plane }) =>
      nodes.every((_, index) => plane.published.some(({ topic }) => topic === `mirror/hello/${index}`)),
    );
  };
  await expect.poll(meets).toBe(true);

  for (const [index, { plane }] of nodes.entries()) {
    plane.send('signal/plain', `${index}`);
    plane.send('signal/raw/7', `${index}`);
  }
  const expected = [0, 1, 2].flatMap((index) => [
    `signal/plain ${index}`,
    `mirror/plain ${index}`,
    `signal/clean/7 ${index}`,
    `mirror/clean/7 ${index}`,
  ]);
  const heard = (published: readonly Message[]): string[] =>
    published.map(said).filter((text) => /^\w+\/(plain|clean)/.test(text));
  for (const { plane, link } of nodes) {
    await expect.poll(() => heard(plane.published).sort()).toEqual(expected.toSorted());
    expect(link.telemetry.count('bridge_loop_dropped_total')).toBe(0);
  }
});

import { startNatsServer } from '../../support/nats-server.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { Scenario } from '../scenario.ts';

/** What a client can do to the link to NATS. */

export const nats: readonly Scenario[] = [
  {
    name: 'nats-control-line',
    title: 'topics whose subject and reply inbox are longer than the control line of nats-server',
    isOurs: true,
    needs: async () => {
      const directory = await temporaryDirectory();
      const server = await startNatsServer({ config: `jetstream { store_dir: "${directory.path}" }` });
      return {
        config: {
          nats: { servers: [server.url] },
          bridge: {
            rules: [{ name: 'orders', topic: 'o/#', subject: 'o.>', direction: 'to-nats', ack: 'jetstream' }],
          },
        },
        async [Symbol.asyncDispose]() {
          await server[Symbol.asyncDispose]();
          await directory[Symbol.asyncDispose]();
        },
      };
    },
    memoryMiB: 400,
    seconds: { short: 60, full: 60 },
    async run(attack) {
      for (const bytes of [4_000, 4_030, 4_060, 4_064, 4_090, 4_094]) {
        const attacker = await attack.connect({ clientId: 'orders', version: 5 });
        if (attacker === undefined) return ['the client was refused'];
        const topic = 'o/'.padEnd(bytes, 'x');
        await attacker.sendPacket({
          cmd: 'publish',
          topic,
          payload: 'x',
          qos: 1,
          messageId: 1,
          dup: false,
          retain: false,
        });
        await attacker.received('puback');
        attacker.end();
      }
      const cut = /"event":"nats_disconnects".*/.exec(attack.broker.log());
      return cut === null ? [] : [`the link to NATS was cut: ${cut[0].slice(0, 200)}`];
    },
  },
];

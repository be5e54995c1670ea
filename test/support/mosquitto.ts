import { freePorts } from './free-ports.ts';
import { runProgram } from './run-program.ts';
import type { TestPki } from './test-pki.ts';

/** Debian's mosquitto with one listener of each kind: a broker that is not ours. */
export interface Mosquitto extends AsyncDisposable {
  readonly ports: Readonly<Record<'mqtt' | 'mqtts' | 'twoWay' | 'ws' | 'wss' | 'locked', number>>;
}

export async function startMosquitto(pki: TestPki): Promise<Mosquitto> {
  const names = ['mqtt', 'mqtts', 'twoWay', 'ws', 'wss', 'locked'] as const;
  const numbers = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, numbers[index]])) as Mosquitto['ports'];
  const tls = [
    `certfile ${await pki.file('mosquitto.pem', pki.server.cert)}`,
    `keyfile ${await pki.file('mosquitto.key', pki.server.key)}`,
    `cafile ${await pki.file('mosquitto-ca.pem', pki.chain)}`,
  ];
  const listener = (name: (typeof names)[number], ...rest: string[]): string[] => [
    `listener ${ports[name]} 127.0.0.1`,
    ...rest,
    `allow_anonymous ${name !== 'locked'}`,
  ];
  const config = [
    'user root',
    'per_listener_settings true',
    ...listener('mqtt'),
    ...listener('mqtts', ...tls),
    ...listener('twoWay', ...tls, 'require_certificate true'),
    ...listener('ws', 'protocol websockets'),
    ...listener('wss', 'protocol websockets', ...tls),
    ...listener('locked'),
  ];
  const program = runProgram('mosquitto', ['-v', '-c', await pki.file('mosquitto.conf', `${config.join('\n')}\n`)]);
  await Promise.race([
    program.stderr.waitFor(/mosquitto version \S+ running/),
    program.exited.then((code) => {
      throw new Error(`mosquitto ended with ${code}: ${program.stderr.text()}`);
    }),
  ]);
  return { ports, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connectOf, dialogueOn } from '../dialogue.ts';
import { type ListenerName, type ReloadWorld, withListener } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

const on = (name: ListenerName, change: object, is: unknown, see: Probe['see'], more: Partial<Probe> = {}): Probe => ({
  change: withListener(name, { ...change }),
  is,
  see,
  ...more,
});

/** Whether CONNECT is answered. */
const takes = async (socket: Socket): Promise<boolean> =>
  (await dialogueOn(socket, 5).ask(connectOf('probe')))?.cmd === 'connack';

const isClosed = (socket: Socket): Promise<true> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve(true);
    socket.resume().once('close', () => resolve(true));
  });

/** The name in the certificate that is shown. */
const nameShown = async (world: ReloadWorld, options: object = {}): Promise<unknown> => {
  const socket = await world.tls('secure', options);
  return socket.destroyed ? 'none' : socket.getPeerCertificate().subject.CN;
};

/** What connections that come now are held to, where the effect takes long or needs a rare device. */
const heldTo = (name: ListenerName, change: object, path: string, is: unknown): Probe =>
  on(name, change, is, ({ broker }) =>
    path
      .split('.')
      .reduce<unknown>(
        (value, step) => (value === undefined ? value : Reflect.get(Object(value), step)),
        broker.app.listener(name)?.options,
      ),
  );

const upgrade = (more: object = {}) => ({
  headers: {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-protocol': 'mqtt',
    ...more,
  },
});

/** A property of CONNACK. */
const offered = (mqtt: object, property: string, is: unknown): Probe =>
  on('plain', { mqtt }, is, async (world) => {
    const answer = await dialogueOn(await world.tcp('plain'), 5).ask(connectOf('probe'));
    return answer?.cmd === 'connack' ? (Reflect.get(Object(answer.properties), property) as unknown) : answer?.cmd;
  });

/** Of version 2, for the proxy itself; where none is expected the connection is closed without an answer. */
const proxyHeader = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');

/** Whether a client may have the header of a proxy before its CONNECT. */
const throughProxy = (proxy: object): Probe =>
  on('plain', { proxy }, true, async (world) => {
    const socket = await world.tcp('plain');
    socket.write(proxyHeader);
    return takes(socket);
  });

/** Two connections at one time. @returns whether the second is taken */
const second = async (world: ReloadWorld): Promise<boolean> => {
  await takes(await world.tcp('plain'));
  return takes(await world.tcp('plain'));
};
const secondHandshake = async (world: ReloadWorld): Promise<boolean> => {
  await world.tls('secure');
  return (await world.tls('secure')).getProtocol() !== null && !(await world.tls('secure')).destroyed;
};

const versionOf = async (world: ReloadWorld, options: object): Promise<unknown> => {
  const socket = await world.tls('secure', options);
  return socket.destroyed ? 'refused' : socket.getProtocol();
};
const isResumed = async (world: ReloadWorld, between: () => Promise<unknown>): Promise<boolean> => {
  const first = await world.tls('secure');
  const ticket = new Promise<Buffer>((resolve) => first.once('session', resolve));
  await takes(first);
  const session = await ticket;
  await between();
  return (await world.tls('secure', { session })).isSessionReused();
};

/** @param other files of a server that is not the broker's: `rsa.pem`, `rsa.key`, and those of another CA */
export function listenerProbes(other: (name: string) => string): Probes {
  const own = { certificate: other('server.pem'), key: other('server.key') };
  const alternative = { certificate: other('rsa.pem'), key: other('rsa.key') };
  const shownOwn = on('secure', own, 'other.example.com', nameShown);
  const sni = { certificates: [{ names: ['sni.example.com'], ...own }] };
  const bySni = on('secure', sni, 'other.example.com', (world) => nameShown(world, { servername: 'sni.example.com' }));
  const rsaOnly = (servername: string) => ({ servername, sigalgs: 'RSA-PSS+SHA256', maxVersion: 'TLSv1.2' });
  const byAlternative = (change: object, servername: string): Probe =>
    on('secure', change, 'rsa', (world) => nameShown(world, rsaOnly(servername)));
  const psk = { identities: { file: other('psk') } };
  return {
    listeners: {
      change: withListener('web', { name: 'site' }),
      is: ['plain', 'secure', 'mutual', 'site'],
      see: ({ broker }) => ['plain', 'secure', 'mutual', 'web', 'site'].filter((name) => broker.app.listener(name)),
    },
    'listeners[].name': {
      change: withListener('web', { name: 'site' }),
      is: true,
      see: ({ broker }) => broker.app.listener('site') !== undefined,
    },
    'listeners[].bind': on('plain', { bind: '127.0.0.2:0' }, '127.0.0.2', async (world) => {
      const socket = await world.tcp('plain');
      return socket.remoteAddress;
    }),
    'listeners[].tls': on('secure', { tls: 'off' }, true, async (world) => takes(await world.tcp('secure')), {
      seenAfterOnly: true,
    }),
    'listeners[].accept': on(
      'web',
      { accept: ['http'] },
      400,
      async (world) => (await world.http('/mqtt', upgrade())).statusCode,
    ),
    'listeners[].path': on(
      'web',
      { path: '/other' },
      101,
      async (world) => (await world.http('/other', upgrade())).statusCode,
    ),
    'listeners[].websocketMessageSize': heldTo('web', { websocketMessageSize: '2KiB' }, 'websocketMessageSize', 2_048),
    'listeners[].tcpKeepAlive': on('plain', { tcpKeepAlive: '7s' }, 7_000, async (world) => {
      await takes(await world.tcp('plain'));
      return world.keepAliveOfNewest();
    }),
    'listeners[].handshakeTimeout': on(
      'plain',
      { handshakeTimeout: '100ms' },
      true,
      async (world) => isClosed(await world.tcp('plain')),
      { seenAfterOnly: true },
    ),
    'listeners[].maxPending': on(
      'plain',
      { maxPending: 1 },
      true,
      async (world) => {
        const first = await world.tcp('plain');
        await world.tcp('plain');
        return isClosed(first);
      },
      { seenAfterOnly: true },
    ),
    'listeners[].maxConnections': on('plain', { maxConnections: 1 }, false, second),
    'listeners[].mqtt.maximumQos': offered({ maximumQos: 1 }, 'maximumQoS', 1),
    'listeners[].mqtt.retain': offered({ retain: false }, 'retainAvailable', false),
    'listeners[].mqtt.wildcardSubscriptions': offered(
      { wildcardSubscriptions: false },
      'wildcardSubscriptionAvailable',
      false,
    ),
    'listeners[].mqtt.sharedSubscriptions': offered(
      { sharedSubscriptions: false },
      'sharedSubscriptionAvailable',
      false,
    ),
    'listeners[].mqtt.subscriptionIdentifiers': offered(
      { subscriptionIdentifiers: false },
      'subscriptionIdentifiersAvailable',
      false,
    ),
    'listeners[].proxy.from': throughProxy({ from: ['127.0.0.0/8'] }),
    'listeners[].proxy.protocol': throughProxy({ from: ['127.0.0.1'], protocol: 'v2' }),
    'listeners[].proxy.forwarded': heldTo(
      'web',
      { proxy: { from: ['192.0.2.1'], forwarded: 'x-real-ip' } },
      'proxy.forwarded',
      'x-real-ip',
    ),
    'listeners[].proxy.certificate': heldTo(
      'plain',
      { proxy: { from: ['192.0.2.1'], certificate: 'believe' } },
      'proxy.certificate',
      'believe',
    ),
    'listeners[].certificate': shownOwn,
    'listeners[].key': shownOwn,
    'listeners[].alternative.certificate': byAlternative({ alternative }, 'localhost'),
    'listeners[].alternative.key': byAlternative({ alternative }, 'localhost'),
    'listeners[].clientCa': on('mutual', { clientCa: other('ca-chain.pem') }, false, async (world) =>
      takes(await world.tls('mutual', world.demo())),
    ),
    'listeners[].trust': heldTo('mutual', { trust: 'fleet' }, 'trust', 'fleet'),
    'listeners[].certificates': bySni,
    'listeners[].certificates[].names': bySni,
    'listeners[].certificates[].certificate': bySni,
    'listeners[].certificates[].key': bySni,
    'listeners[].certificates[].alternative.certificate': byAlternative(
      { certificates: [{ ...sni.certificates[0], alternative }] },
      'sni.example.com',
    ),
    'listeners[].certificates[].alternative.key': byAlternative(
      { certificates: [{ ...sni.certificates[0], alternative }] },
      'sni.example.com',
    ),
    'listeners[].policy.preset': on('secure', { policy: { preset: 'modern' } }, 'refused', (world) =>
      versionOf(world, { maxVersion: 'TLSv1.2' }),
    ),
    'listeners[].policy.minVersion': on('secure', { policy: { minVersion: '1.3' } }, 'refused', (world) =>
      versionOf(world, { maxVersion: 'TLSv1.2' }),
    ),
    'listeners[].policy.ciphers': on(
      'secure',
      { policy: { ciphers: ['TLS_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'] } },
      'TLS_CHACHA20_POLY1305_SHA256',
      async (world) => (await world.tls('secure')).getCipher().name,
    ),
    'listeners[].clientChainDepth': heldTo('mutual', { clientChainDepth: 0 }, 'clientChainDepth', 0),
    'listeners[].clientPins': on('mutual', { clientPins: ['00'.repeat(32)] }, false, async (world) =>
      takes(await world.tls('mutual', world.demo())),
    ),
    'listeners[].handshakeRate.perAddress': on('secure', { handshakeRate: { perAddress: 1 } }, false, secondHandshake),
    'listeners[].handshakeRate.overall': on('secure', { handshakeRate: { overall: 1 } }, false, secondHandshake),
    'listeners[].alpn': on('secure', { alpn: true }, 'mqtt', async (world) => {
      const socket: TLSSocket = await world.tls('secure', { ALPNProtocols: ['mqtt'] });
      return socket.alpnProtocol;
    }),
    'listeners[].psk.identities': on('secure', { psk }, true, async (world) => {
      const key = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
      const socket = await world.tls('secure', {
        ciphers: 'PSK-AES128-GCM-SHA256',
        maxVersion: 'TLSv1.2',
        pskCallback: () => ({ psk: key, identity: 'pump' }),
        checkServerIdentity: () => undefined,
      });
      return !socket.destroyed && socket.getProtocol() !== null;
    }),
    'listeners[].keyLog': on('secure', { keyLog: other('keys.log') }, true, async (world) => {
      // a handshake does not wait until its secrets are in the file; those of one before it are soon
      for (let handshakes = 0; handshakes < 20; handshakes += 1) {
        await takes(await world.tls('secure'));
        if (existsSync(other('keys.log')) && readFileSync(other('keys.log'), 'utf8').includes('SECRET')) return true;
      }
      return false;
    }),
    'listeners[].authentication': on('plain', { authentication: ['psk'] }, 0x87, async (world) =>
      Reflect.get((await world.connect()).answer ?? {}, 'reasonCode'),
    ),
    'listeners[].origins': on(
      'web',
      { origins: ['https://app.example.com'] },
      101,
      async (world) => (await world.http('/mqtt', upgrade({ origin: 'https://app.example.com' }))).statusCode,
    ),
    'listeners[].hosts': on(
      'web',
      { hosts: ['proxy.example.com'] },
      200,
      async (world) => (await world.http('/healthz', { headers: { host: 'proxy.example.com' } })).statusCode,
    ),
    'listeners[].http.connections': heldTo('web', { http: { connections: 7 } }, 'http.connections', 7),
    'listeners[].http.responseTimeout': heldTo(
      'web',
      { http: { responseTimeout: '7s' } },
      'http.responseTimeout',
      7_000,
    ),
    'listeners[].http.responseBytes': heldTo('web', { http: { responseBytes: '64KiB' } }, 'http.responseBytes', 65_536),
    'listeners[].http.bodySize': on(
      'web',
      { http: { bodySize: '0B' } },
      413,
      async (world) => (await world.http('/healthz', { headers: { 'content-length': '1' } })).statusCode,
    ),
    'listeners[].tickets.rotate': heldTo('secure', { tickets: { rotate: '1h' } }, 'tickets.rotate', 3_600_000),
    'listeners[].tickets.secret': on(
      'secure',
      { tickets: { secret: { file: other('tickets') } } },
      false,
      (world) => isResumed(world, () => world.broker.change(withListener('secure', { maxPending: 9 }))),
      { seenAfterOnly: true },
    ),
  };
}

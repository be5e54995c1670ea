import type { CertificateFiles, ListenerInfo } from '../../broker-info.ts';
import type { ConsoleFacts, StrangerFacts, WebSocketDoor } from '../../console-facts.ts';
import { type BridgeExample, bridgeExample } from '../bridge-example.ts';
import { bracketed, isEverywhere, reachableHost, unbracketed } from './hosts.ts';

export interface SnippetTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: 'off' | 'one-way' | 'two-way';
}

/** Where the programs of the snippets connect, and with which files. */
export interface Targets {
  /** In the order one-way, two-way, plain. */
  readonly mqtt: readonly SnippetTarget[];
  readonly webSocket: { readonly uri: string; readonly tls: SnippetTarget['tls'] } | undefined;
  /** Undefined where the page is not told. */
  readonly nats: string | undefined;
  readonly files: Required<{ [K in keyof CertificateFiles]: string }>;
  readonly example: BridgeExample;
}

/** @param pageHost host under which this page was opened; a listener on all addresses is reached by it. */
export function targetsOf(facts: ConsoleFacts, pageHost: string): Targets {
  const mqtt = facts.listeners
    .filter(({ accept }) => accept.includes('mqtt'))
    .map((listener) => ({ host: reachableHost(listener.host, pageHost), port: listener.port, tls: tlsOf(listener) }));
  const order = ['one-way', 'two-way', 'off'] as const;
  return {
    mqtt: order.flatMap((tls) => mqtt.find((target) => target.tls === tls) ?? []),
    webSocket: webSocketOf(facts.listeners, pageHost),
    nats: facts.nats.embedded ? natsUrl(facts.nats.url, pageHost) : facts.nats.url,
    files: filesOf(facts.certificates),
    example: bridgeExample(facts.rules),
  };
}

const filesOf = (files: CertificateFiles): Targets['files'] => ({
  rootCa: files.rootCa ?? 'certs/root-ca.pem',
  chain: files.chain ?? 'certs/ca-chain.pem',
  clientCertificate: files.clientCertificate ?? 'client.pem',
  clientKey: files.clientKey ?? 'client.key',
  clientPkcs12: files.clientPkcs12 ?? 'client.p12',
});

/** The same on another machine than that of the broker. @param page its own address, which may be that of a proxy */
export function strangerTargets({ webSocket }: StrangerFacts, page: PageAddress): Targets {
  return {
    mqtt: [],
    webSocket: webSocket === null ? undefined : throughDoor(webSocket, page),
    nats: undefined,
    files: filesOf({}),
    example: bridgeExample([]),
  };
}

/** Where the page came from. */
export interface PageAddress {
  /** `https:` or `http:`. */
  readonly protocol: string;
  /** With the port, where it is not that of the protocol. */
  readonly host: string;
  readonly hostname: string;
}

/** A page over https may open wss only, and a proxy may have ended the TLS of both. */
function throughDoor({ port, path, tls }: WebSocketDoor, page: PageAddress): NonNullable<Targets['webSocket']> {
  const host = port === undefined ? page.host : `${page.hostname}:${port}`;
  const kind = tls === 'off' && page.protocol === 'https:' ? 'one-way' : tlsOf({ tls });
  const isTls = port === undefined ? page.protocol === 'https:' : kind !== 'off';
  return { uri: `${isTls ? 'wss' : 'ws'}://${host}${path}`, tls: isTls ? kind : 'off' };
}

const tlsOf = ({ tls }: Pick<ListenerInfo, 'tls'>): SnippetTarget['tls'] =>
  tls === 'auto' || tls === 'two-way-optional' ? 'one-way' : tls; // both take a client without a certificate

function webSocketOf(listeners: readonly ListenerInfo[], pageHost: string): Targets['webSocket'] {
  const able = listeners.filter(({ accept }) => accept.includes('websocket'));
  const listener = able.find((each) => tlsOf(each) === 'one-way') ?? able[0];
  if (listener === undefined) return undefined;
  const tls = tlsOf(listener);
  const host = bracketed(reachableHost(listener.host, pageHost));
  return { uri: `${tls === 'off' ? 'ws' : 'wss'}://${host}:${listener.port}${listener.path}`, tls };
}

/** The hub has no certificate, so its address stays as it is unless it is every address. */
function natsUrl(url: string, pageHost: string): string {
  const [, scheme = '', host = '', port = ''] = /^(\w+:\/\/)(.*?)(:\d+)?$/.exec(url) ?? [];
  return isEverywhere(unbracketed(host)) ? `${scheme}${bracketed(reachableHost('::', pageHost))}${port}` : url;
}

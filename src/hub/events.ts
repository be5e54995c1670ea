import { defineEvent } from '../kernel/telemetry-ports.ts';
import type { Cut } from './closing.ts';
import type { HubRefusal } from './guard.ts';

export const hubListening = defineEvent<{ address: string }>({
  counter: 'nats_hub_starts_total',
  help: 'Starts of the embedded NATS hub.',
  labels: [],
  level: 'info',
  message: ({ address }) => `NATS hub listens on ${address}`,
});

export const hubClientConnected = defineEvent<{
  peer: string;
  client: number;
  /** Undefined where nobody is asked. */
  user: string | undefined;
  name: string;
  lang: string;
  version: string;
}>({
  counter: 'nats_hub_connections_total',
  help: 'NATS clients that connected to the embedded hub.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ peer, user, name, lang, version }) =>
    `NATS client connected from ${peer}: ${name === '' ? 'without a name' : `"${name}"`}, ${lang === '' ? 'unknown library' : `${lang} ${version}`}${user === undefined ? '' : `, as user "${user}"`}`,
});

/** The log hears of it from the line about the end of the connection. */
export const hubLoginRefused = defineEvent<{ peer: string; client: number; code: HubRefusal['code']; reason: string }>({
  counter: 'nats_hub_login_refusals_total',
  help: 'NATS clients that the embedded hub did not let in.',
  labels: ['code'],
  level: 'debug',
  isSecurity: true,
  message: ({ peer, reason }) => `NATS client ${peer} was refused: ${reason}`,
});

export const hubClientGone = defineEvent<{ peer: string; client: number; reason: string }>({
  counter: 'nats_hub_disconnections_total',
  help: 'NATS clients that left the embedded hub by themselves, or with it.',
  labels: [],
  level: 'info',
  message: ({ peer, reason }) => `NATS client ${peer} is gone: ${reason}`,
});

/** Whoever asks whether a server is there, the broker itself before it connects, reads the greeting and leaves. */
export const hubUnusedGone = defineEvent<{ peer: string; client: number; reason: string }>({
  counter: 'nats_hub_unused_connections_total',
  help: 'Connections to the embedded hub that ended before their CONNECT.',
  labels: [],
  level: 'debug',
  message: ({ peer, reason }) => `connection to the NATS hub from ${peer} ended without CONNECT: ${reason}`,
});

export const hubClientCut = defineEvent<{ peer: string; client: number; cut: Cut; reason: string; excerpt?: string }>({
  counter: 'nats_hub_cut_offs_total',
  help: 'Connections that the embedded hub closed, by reason.',
  labels: ['cut'],
  level: 'warn',
  message: ({ peer, reason, excerpt }) =>
    `NATS hub closed ${peer}: ${reason}${excerpt === undefined ? '' : ` (${excerpt})`}`,
});

export const hubJetStreamRefused = defineEvent<{ peer: string; client: number; subject: string }>({
  counter: 'nats_hub_jetstream_refusals_total',
  help: 'JetStream requests that the embedded hub refused.',
  labels: [],
  level: 'warn',
  message: ({ peer, subject }) =>
    `NATS client ${peer} asked for JetStream (${subject}); the embedded hub has none, configure nats.servers with a nats-server -js`,
});

export const hubAcceptFailed = defineEvent<{ reason: string }>({
  counter: 'nats_hub_accept_failures_total',
  help: 'Connections to the embedded hub that the system could not hand over.',
  labels: [],
  level: 'error',
  message: ({ reason }) => `NATS hub could not accept a connection: ${reason}; is the limit of open files too low?`,
});

export const hubTlsRefused = defineEvent<{ peer: string; reason: string; detail: string }>({
  counter: 'nats_hub_tls_refusals_total',
  help: 'Connections to the embedded hub whose TLS handshake failed, by reason.',
  labels: ['reason'],
  level: 'info',
  isSecurity: true,
  message: ({ peer, detail }) => `NATS hub refused ${peer}: ${detail}`,
});

/** Its connection is closed before it has said a word; who was banned is told elsewhere. */
export const hubBannedDropped = defineEvent<{ address: string }>({
  counter: 'nats_hub_banned_connections_total',
  help: 'Connections to the embedded hub that were closed at once, as their address is banned.',
  labels: [],
  level: 'debug',
  message: ({ address }) => `a connection from ${address} to the NATS hub was closed: the address is banned`,
});

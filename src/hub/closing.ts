import type { ConnectFault } from './connect-options.ts';
import type { ParseFailure } from './parser.ts';

/** Why the hub closes a client; a label in the counters. */
export type Cut =
  | ParseFailure
  | ConnectFault
  | 'http'
  | 'tls'
  | 'connect-timeout'
  | 'not-authorized'
  | 'unanswered'
  | 'expired'
  | 'slow-consumer'
  | 'stale'
  | 'too-many-connections';

interface Closing {
  /** The text of the -ERR that comes before the end, as nats-server words it; it closes some without a word. */
  readonly wire: string | undefined;
  /** For the log: what happened and what to do. */
  readonly sentence: string;
}

export const closings: Readonly<Record<Cut, Closing>> = {
  http: {
    wire: 'Unknown Protocol Operation',
    sentence: 'it speaks HTTP; this port is for NATS clients, use nats://',
  },
  tls: {
    wire: 'Unknown Protocol Operation',
    sentence: 'it began with a TLS handshake; the hub speaks plain NATS, use nats:// and not tls://',
  },
  'unknown-operation': { wire: 'Unknown Protocol Operation', sentence: 'it sent what is no NATS operation' },
  malformed: { wire: undefined, sentence: 'it sent an operation with wrong arguments' },
  'control-line': { wire: 'maximum control line exceeded', sentence: 'a protocol line was longer than 4096 bytes' },
  payload: { wire: 'Maximum Payload Violation', sentence: 'a message was larger than nats.hub.maxPayload' },
  'bad-connect': { wire: undefined, sentence: 'its CONNECT is not the JSON that NATS clients send' },
  'headers-required': {
    wire: 'no responders requires headers support',
    sentence: 'it asked for no_responders without headers',
  },
  'bad-protocol-version': {
    wire: 'invalid client protocol',
    sentence: 'its CONNECT names an unknown protocol version',
  },
  'connect-timeout': { wire: 'Authentication Timeout', sentence: 'it said nothing within nats.hub.connectTimeout' },
  'login-required': { wire: 'Authorization Violation', sentence: 'it did not begin with CONNECT, to say who it is' },
  'not-authorized': { wire: 'Authorization Violation', sentence: 'it may not be here' },
  unanswered: { wire: 'Authentication Timeout', sentence: 'nobody could say who it is' },
  expired: { wire: 'User Authentication Expired', sentence: 'what it proved itself by has ended' },
  'slow-consumer': {
    wire: 'Slow Consumer',
    sentence: 'it does not read what it subscribed to; more than nats.hub.maxPending was waiting',
  },
  stale: { wire: 'Stale Connection', sentence: 'it left two PINGs unanswered' },
  'too-many-connections': {
    wire: 'maximum connections exceeded',
    sentence: 'nats.hub.maxConnections clients are connected',
  },
};

/** Tells a browser or TLS client that came to the wrong port. @param opening its first bytes, latin1. */
export function foreignProtocol(opening: string): 'http' | 'tls' | undefined {
  if (opening.startsWith('\x16\x03')) return 'tls';
  return /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE) /.test(opening) ? 'http' : undefined;
}

import { type ErrorCode, LinkError } from '../../kernel/errors.ts';
import type { NatsMessage } from '../link.ts';

/**
 * What came to the address of an answer. `unavailable`: nobody stores for the subject at this moment, as while a stream
 * chooses its leader. `foreign`: of somebody who is no stream.
 */
export type JetStreamAnswer = 'stored' | 'unavailable' | 'foreign' | JetStreamError;

export interface JetStreamError {
  /** Of the API of JetStream; 0 where it gave none. */
  readonly code: number;
  readonly description: string;
}

export function readJetStreamAnswer({ payload }: NatsMessage): JetStreamAnswer {
  if (payload.length === 0) return 'unavailable'; // status 503: no responders
  const answer = readJson(payload);
  if (answer === undefined) return 'foreign';
  if ('error' in answer) {
    const error = readError(answer['error']);
    return unavailableCodes.has(error.code) ? 'unavailable' : error;
  }
  return 'stream' in answer && 'seq' in answer ? 'stored' : 'foreign';
}

/** How many streams take a subject, of an answer of `$JS.API.STREAM.NAMES`; undefined: it does not say. */
export function readStreamCount({ payload }: NatsMessage): number | undefined {
  const answer = readJson(payload);
  if (answer === undefined || 'error' in answer || !('streams' in answer)) return undefined;
  return Array.isArray(answer['streams']) ? answer['streams'].length : 0;
}

function readJson(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer: unknown = JSON.parse(Buffer.from(payload).toString());
    return typeof answer === 'object' && answer !== null ? { ...answer } : undefined;
  } catch {
    return undefined;
  }
}

function readError(error: unknown): JetStreamError {
  const fields: Readonly<Record<string, unknown>> = { ...Object(error) };
  const code = fields['err_code'];
  const description = fields['description'];
  return {
    code: typeof code === 'number' ? code : 0,
    description: typeof description === 'string' ? description : 'it gave no reason',
  };
}

/** JSClusterNotAvailErr, JSClusterNotLeaderErr: it goes by itself. */
const unavailableCodes: ReadonlySet<number> = new Set([10_008, 10_009]);

interface Kind {
  readonly codes: readonly number[];
  readonly code: ErrorCode;
  readonly what: string;
  readonly advice: string;
}

/** Numbers of nats-server, `server/errors.json`. */
const kinds: readonly Kind[] = [
  {
    codes: [10_054, 10_097],
    code: 'nats-too-large',
    what: 'it is larger than its stream takes',
    advice: 'send less, or raise max_msg_size of the stream',
  },
  {
    codes: [10_060, 10_070, 10_071, 10_164],
    code: 'nats-rejected',
    what: 'what its Nats-Expected headers say is not so',
    advice: 'read the state of the stream again before you send the next',
  },
  {
    codes: [10_109],
    code: 'nats-rejected',
    what: 'its stream is sealed',
    advice: 'use another stream',
  },
  {
    codes: [10_002, 10_023, 10_028, 10_047, 10_077],
    code: 'nats-unacknowledged',
    what: 'its stream or its account is full',
    advice: 'raise the limits, or let the stream discard old messages; send it again later',
  },
];

/** A JetStream error as its publisher is told, each kind with its own sentence. */
export function notStored(subject: string, { code, description }: JetStreamError): LinkError {
  const kind = kinds.find(({ codes }) => codes.includes(code));
  const begin = `JetStream did not store a message on subject ${subject}: `;
  if (kind === undefined)
    return new LinkError('nats-unacknowledged', `${begin}${description} (${code}); send it again`);
  return new LinkError(kind.code, `${begin}${kind.what} (${description}); ${kind.advice}`);
}

export const noStream = (subject: string): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    `JetStream did not store a message on subject ${subject}: no stream takes it; make a stream with this subject (nats stream add), or write ack: nats`,
  );

/** @param wasUnavailable nobody was there to store it. */
export const late = (subject: string, timeoutMs: number, wasUnavailable: boolean): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    wasUnavailable
      ? `JetStream did not store a message on subject ${subject}: its stream had no leader for ${timeoutMs} ms (bridge.ackTimeout), or there is none; send it again later`
      : `JetStream did not acknowledge a message on subject ${subject} within ${timeoutMs} ms (bridge.ackTimeout); send it again`,
  );

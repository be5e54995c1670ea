import { LinkError } from '../../kernel/errors.ts';
import type { NatsLink, NatsMessage } from '../link.ts';
import type { StreamOptions } from '../schema.ts';

/** What of a consumer counts for us. */
export interface StreamConsumer {
  /** Without an answer for so long JetStream sends a message again. */
  readonly ackWaitMs: number;
}

/** How long JetStream may take to answer. */
const timeoutMs = 5_000;
/** JSConsumerNotFoundErr. */
const noConsumer = 10_014;
const nanosecondsPerMs = 1_000_000;

type Api = Pick<NatsLink, 'request'>;

/**
 * The durable pull consumer that a rule names, made where there is none: it begins with what comes from now on, or with
 * all that the stream has, as the rule says.
 * @param filters subjects of the rule
 * @throws LinkError `jetstream-unusable`, `nats-forbidden`, `nats-unreachable`, `nats-unacknowledged`
 */
export async function openConsumer(
  nats: Api,
  options: StreamOptions,
  filters: readonly string[],
  signal?: AbortSignal,
): Promise<StreamConsumer> {
  const { stream, consumer } = options;
  const ask = (subject: string, question: object): Promise<Answer> => askApi(nats, subject, question, signal);
  const found = await ask(`$JS.API.CONSUMER.INFO.${stream}.${consumer}`, {});
  if (found.code !== noConsumer) return checked(found, options);
  const config = newConsumer(options, filters);
  return checked(
    await ask(`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${consumer}`, { stream_name: stream, config }),
    options,
  );
}

/** A server before 2.10 knows no list of filters and gives the whole stream; what the rule does not take is acknowledged. */
const newConsumer = ({ consumer, begin, ackWait, maxInFlight }: StreamOptions, filters: readonly string[]) => ({
  durable_name: consumer,
  deliver_policy: begin,
  ack_policy: 'explicit',
  ack_wait: ackWait * nanosecondsPerMs,
  max_ack_pending: maxInFlight,
  max_deliver: -1,
  replay_policy: 'instant',
  ...(filters.length === 1 ? { filter_subject: filters[0] } : { filter_subjects: filters }),
});

interface Answer {
  readonly code: number | undefined;
  readonly description: string;
  readonly config: Readonly<Record<string, unknown>>;
}

async function askApi(nats: Api, subject: string, question: object, signal: AbortSignal | undefined): Promise<Answer> {
  const answer = await nats
    .request(subject, Buffer.from(JSON.stringify(question)), { timeoutMs, signal })
    .catch((cause: unknown) => {
      if (!(cause instanceof LinkError) || cause.code !== 'nats-unreachable') throw cause;
      throw new LinkError(
        'jetstream-unusable',
        'JetStream does not answer: it is not switched on at the NATS server (nats-server -js), or the account may not use it',
        { cause },
      );
    });
  return readAnswer(answer);
}

function readAnswer({ payload }: NatsMessage): Answer {
  const answer = record(parse(payload));
  const error = record(answer['error']);
  const code = error['err_code'] ?? error['code'];
  const description = error['description'];
  return {
    code: typeof code === 'number' ? code : undefined,
    description: typeof description === 'string' ? description : 'it gave no reason',
    config: record(answer['config']),
  };
}

function checked({ code, description, config }: Answer, { stream, consumer }: StreamOptions): StreamConsumer {
  const unusable = (why: string): LinkError =>
    new LinkError('jetstream-unusable', `consumer "${consumer}" of the stream "${stream}" cannot be used: ${why}`);
  if (code !== undefined) throw unusable(`JetStream says "${description}" (${code})`);
  if (typeof config['deliver_subject'] === 'string')
    throw unusable('it is a push consumer; name a pull consumer, or another one, which is made then');
  if (config['ack_policy'] !== 'explicit')
    throw unusable(`its ack_policy is ${String(config['ack_policy'])}; it has to be explicit, so that nothing is lost`);
  const ackWait = config['ack_wait'];
  if (typeof ackWait !== 'number') throw unusable('JetStream does not say its ack_wait');
  return { ackWaitMs: ackWait / nanosecondsPerMs };
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

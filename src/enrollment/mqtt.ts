import type { MessagePort } from '../broker/ports.ts';
import { enrollResponseTopic, enrollTopic } from '../broker/reserved-topics.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { topicNameProblem } from '../mqtt/topic.ts';
import { caChainOf } from '../pki/issue/authority.ts';
import type { ClientOrigin, Message } from '../plane/message.ts';
import type { Enrollment } from './enroll.ts';
import { enrollmentFailed } from './events.ts';
import type { EnrollmentOutcome } from './outcome.ts';

/** Larger payloads are refused unread. */
const maxPayloadBytes = 98_304;

export interface MqttEnrollmentDeps {
  readonly broker: Pick<MessagePort, 'tap' | 'publish'>;
  readonly enrollment: Enrollment;
  readonly telemetry: Pick<Telemetry, 'events'>;
}

/**
 * Answers `$pki/enroll` on the Response Topic or, where there is none, on `$pki/enroll/response/<client id>`. The payload is
 * `{"csr": "PEM", "token": "...", "lifetime": "30d"}`, or `{"csr": "PEM", "renew": true}` from a device that is connected with
 * the certificate to be renewed.
 */
export function mqttEnrollment({ broker, enrollment, telemetry }: MqttEnrollmentDeps): Component {
  let untap: (() => void) | undefined;

  const answer = async (message: Message, origin: ClientOrigin): Promise<void> => {
    const { clientId } = origin;
    const { correlationData } = message.properties ?? {};
    const outcome = await outcomeOf(message, origin);
    await broker.publish({
      topic: enrollResponseTopic(clientId),
      payload: Buffer.from(JSON.stringify(await payloadOf(outcome, enrollment))),
      qos: 1,
      retain: false,
      properties: { contentType: 'application/json', ...(correlationData && { correlationData }) },
      origin: { kind: 'broker' },
    });
  };

  const outcomeOf = (message: Message, { clientId, peer }: ClientOrigin): Promise<EnrollmentOutcome> => {
    const who = { via: 'mqtt', peer: `client "${clientId}"` } as const;
    const asked = peer?.tls === undefined ? needsTls : readRequest(message, clientId);
    if (typeof asked === 'string') return Promise.resolve(enrollment.refuse(who, asked));
    const { csr, token, lifetime, isRenewal } = asked;
    const pem = peer?.tls?.certificate?.pem();
    const certificate = pem === undefined ? undefined : ({ kind: 'certificate', pem } as const);
    const byToken = token === undefined ? undefined : ({ kind: 'token', text: token, userName: undefined } as const);
    // a renewal is asked for by the certificate, whatever else is shown
    const credential = isRenewal ? (certificate ?? byToken) : (byToken ?? certificate);
    return enrollment.enroll({ ...who, csr: Buffer.from(csr), lifetime, isRenewal, credential });
  };

  return {
    name: 'enrollment over MQTT',
    start() {
      untap = broker.tap(enrollTopic, (message) => {
        const { origin } = message;
        // nobody else could be told, and none but that client may read it
        if (origin.kind !== 'client' || topicNameProblem(enrollResponseTopic(origin.clientId)) !== undefined) return;
        answer(message, origin).catch((cause: unknown) =>
          telemetry.events.emit(enrollmentFailed, {
            via: 'mqtt',
            peer: `client "${origin.clientId}"`,
            problem: messageOf(cause),
          }),
        );
      });
      return Promise.resolve();
    },
    stop() {
      untap?.();
      untap = undefined;
      return Promise.resolve();
    },
  };
}

const needsTls = 'a token on a line that others can read would be theirs; connect to a listener with TLS';

interface AskedOverMqtt {
  readonly csr: string;
  readonly token: string | undefined;
  readonly lifetime: string | undefined;
  readonly isRenewal: boolean;
}

/** @returns what is asked for, or the sentence that says what is wrong with it. */
function readRequest({ payload, properties }: Message, clientId: string): AskedOverMqtt | string {
  const topic = enrollResponseTopic(clientId);
  if (properties?.responseTopic !== undefined && properties.responseTopic !== topic)
    return `the Response Topic must be ${topic}, which only this client may read`;
  if (payload.length > maxPayloadBytes)
    return `the request has ${payload.length} bytes; at most ${maxPayloadBytes} are read`;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return 'the payload is no JSON; send {"csr": "-----BEGIN CERTIFICATE REQUEST-----…", "token": "…"}';
  }
  if (typeof value !== 'object' || value === null) return 'the payload is no JSON object with csr and token';
  const fields: { csr?: unknown; token?: unknown; lifetime?: unknown; renew?: unknown } = value;
  const { csr, token, lifetime, renew = false } = fields;
  if (typeof csr !== 'string') return 'the payload has no csr; put the request there, as PEM';
  if (token !== undefined && typeof token !== 'string') return 'the token is no text';
  if (lifetime !== undefined && typeof lifetime !== 'string') return 'the lifetime is no text; write e.g. "30d"';
  if (typeof renew !== 'boolean') return 'renew is neither true nor false';
  return { csr, token, lifetime, isRenewal: renew };
}

async function payloadOf(outcome: EnrollmentOutcome, { folder }: Enrollment): Promise<object> {
  if (outcome.kind !== 'issued') return { error: { code: outcome.kind, message: outcome.reason } };
  const { cert, entry } = outcome.issued;
  const ca = caChainOf(await folder.text('intermediate-ca.pem'), await folder.text('root-ca.pem'));
  return { certificate: cert, ca, serialNumber: entry.serialNumber, notAfter: new Date(entry.notAfter).toISOString() };
}

import type { AuthenticationRequest } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { readServiceAnswer } from '../outside/answer.ts';
import type { Service } from '../outside/service-authenticator.ts';
import type { NatsRequest } from '../provider.ts';
import type { NatsAuthenticateOptions } from './schema.ts';

export interface NatsServiceDeps {
  readonly request: NatsRequest;
  readonly clock: Clock;
}

/** Longer answers are of no use, and nobody should have to read them. */
const maxAnswerBytes = 65_536;

/** A service on NATS that is asked who a client is: JSON there and back, as docs/access.md has it. */
export function natsService(
  { subject, timeout }: NatsAuthenticateOptions,
  { request, clock }: NatsServiceDeps,
): Service {
  return {
    name: 'nats',
    questionOf(asked) {
      const { connect, clientId } = asked;
      if (connect.authenticationMethod !== undefined) return { kind: 'abstain' };
      const payload = Buffer.from(JSON.stringify(questionAbout(asked)));
      return {
        kind: 'question',
        parts: [payload],
        async ask(signal) {
          try {
            const { payload: answer } = await request(subject, payload, { timeoutMs: timeout, signal });
            if (answer.length > maxAnswerBytes) return `its answer has more than ${maxAnswerBytes} bytes`;
            return readServiceAnswer(jsonOf(answer), {
              principal: connect.username === undefined || connect.username === '' ? clientId : connect.username,
              trust: 'nats',
              isPasswordChecked: true,
              nowMs: clock.now(),
            });
          } catch (cause) {
            return messageOf(cause);
          }
        },
      };
    },
  };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined; // which is no object
  }
}

/** What a client does not have is left out. */
function questionAbout({ peer, clientId, connect, password }: AuthenticationRequest): object {
  const { tls } = peer;
  const certificate = tls?.certificate;
  return {
    clientid: clientId,
    username: connect.username,
    ...passwordFields(password),
    version: connect.version,
    listener: peer.listener,
    protocol: peer.protocol,
    peerhost: peer.address,
    tls: tls && { version: tls.version, servername: tls.servername, psk_identity: tls.pskIdentity },
    certificate: certificate && {
      common_name: certificate.commonName,
      subject: certificate.subject,
      issuer: certificate.issuer,
      serial_number: certificate.serialNumber,
      fingerprint256: certificate.fingerprint256,
    },
  };
}

/** As text where it is one; else its bytes. */
function passwordFields(password: Uint8Array | undefined): object {
  if (password === undefined) return {};
  const text = Buffer.from(password).toString();
  return Buffer.from(text).equals(password)
    ? { password: text }
    : { password_base64: Buffer.from(password).toString('base64') };
}

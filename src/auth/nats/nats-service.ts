import type { AuthenticationRequest } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { principalAsked, readServiceAnswer } from '../outside/answer.ts';
import type { Service } from '../outside/service-authenticator.ts';
import type { NatsRequest } from '../provider.ts';
import { askNats } from './ask-nats.ts';
import { peerFields } from './peer-fields.ts';
import type { NatsAuthenticateOptions } from './schema.ts';

export interface NatsServiceDeps {
  readonly request: NatsRequest;
  readonly clock: Clock;
}

/** A service on NATS that is asked who a client is: JSON there and back, as docs/access.md has it. */
export function natsService(
  { subject, timeout }: NatsAuthenticateOptions,
  { request, clock }: NatsServiceDeps,
): Service {
  return {
    name: 'nats.authenticate',
    questionOf(asked) {
      if (asked.connect.authenticationMethod !== undefined) return { kind: 'abstain' };
      const payload = Buffer.from(JSON.stringify(questionAbout(asked)));
      return {
        kind: 'question',
        parts: [payload],
        async ask(signal) {
          const answer = await askNats(request, subject, payload, { timeoutMs: timeout, signal });
          if (typeof answer === 'string') return answer;
          return readServiceAnswer(answer.fields, {
            principal: principalAsked(asked),
            trust: 'nats',
            isPasswordChecked: true,
            nowMs: clock.now(),
          });
        },
      };
    },
  };
}

/** What a client does not have is left out. */
const questionAbout = ({ peer, clientId, connect, password }: AuthenticationRequest): object => ({
  clientid: clientId,
  username: connect.username,
  ...passwordFields(password),
  version: connect.version,
  ...peerFields(peer),
});

/** As text where it is one; else its bytes. */
function passwordFields(password: Uint8Array | undefined): object {
  if (password === undefined) return {};
  const text = Buffer.from(password).toString();
  return Buffer.from(text).equals(password)
    ? { password: text }
    : { password_base64: Buffer.from(password).toString('base64') };
}

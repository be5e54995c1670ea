import { noTrust } from '../../broker/ports.ts';
import { readAccessAnswer } from '../outside/access-answer.ts';
import type { AccessService } from '../outside/service-authorizer.ts';
import type { NatsRequest } from '../provider.ts';
import { askNats } from './ask-nats.ts';
import { peerFields } from './peer-fields.ts';
import type { NatsAuthorizeOptions } from './schema.ts';

/** A service on NATS that is asked what clients may do: JSON there and back, as docs/access-rules.md has it. */
export const natsAccessService = (
  { subject, timeout: timeoutMs }: Pick<NatsAuthorizeOptions, 'subject' | 'timeout'>,
  request: NatsRequest,
): AccessService => ({
  name: 'nats.authorize',
  questionOf({ clientId, principal, trust, attributes, peer }, { action, topic, qos, isRetained }) {
    const question = {
      action,
      topic,
      qos,
      retain: action === 'publish' ? isRetained : undefined,
      clientid: clientId,
      username: trust === noTrust ? undefined : principal, // nobody vouches for the name of anonymous clients
      groups: attributes?.groups,
      ...(peer === undefined ? {} : peerFields(peer)),
    };
    const payload = Buffer.from(JSON.stringify(question));
    return {
      kind: 'question',
      parts: [payload],
      async ask(signal) {
        const answer = await askNats(request, subject, payload, { timeoutMs, signal });
        return typeof answer === 'string' ? answer : readAccessAnswer(answer.fields);
      },
    };
  },
});

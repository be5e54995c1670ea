import { messageOf } from '../../kernel/errors.ts';
import type { NatsRequest } from '../provider.ts';

/** Longer answers are of no use, and nobody should have to read them. */
const maxAnswerBytes = 65_536;

/** Asks a service on NATS. @returns the JSON of its answer; or the sentence that says why there is none */
export async function askNats(
  request: NatsRequest,
  ...question: Parameters<NatsRequest>
): Promise<{ readonly fields: unknown } | string> {
  try {
    const { payload } = await request(...question);
    if (payload.length > maxAnswerBytes) return `its answer has more than ${maxAnswerBytes} bytes`;
    return { fields: jsonOf(payload) };
  } catch (cause) {
    return messageOf(cause);
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined; // which is no object
  }
}

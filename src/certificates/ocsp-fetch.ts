import { reasonOf } from '../kernel/errors.ts';
import { timeLimit } from '../kernel/time-limit.ts';

/** Responses are some kilobytes long. */
const maxResponseBytes = 65_536;
const timeoutMs = 15_000;

/**
 * Sends a request to a responder (RFC 6960 A.1).
 * @returns the response, DER; or the sentence that says why none came.
 */
export async function fetchOcsp(responder: string, request: Buffer, signal: AbortSignal): Promise<Buffer | string> {
  try {
    const response = await fetch(responder, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: request,
      redirect: 'error',
      signal: timeLimit(timeoutMs, signal),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return `it answers with HTTP status ${response.status}`;
    }
    return (await readBody(response)) ?? `its response has more than ${maxResponseBytes} bytes`;
  } catch (cause) {
    return `it cannot be asked: ${reasonOf(causeOf(cause))}`;
  }
}

/** `fetch failed` says nothing; what failed is its cause. */
const causeOf = (error: unknown): unknown =>
  error instanceof TypeError && error.cause instanceof Error ? error.cause : error;

async function readBody({ body }: Response): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maxResponseBytes) return undefined; // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

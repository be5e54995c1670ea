import type { HttpAnswer } from '../outside/http-client.ts';
import { formType, jsonType } from './request-template.ts';

/** What stands before the server says so when that one is away; it is no answer about a client. */
const gatewayStatuses: readonly number[] = [502, 503, 504];

/** What an answer says; or that its status says that there is none to be had of this server. */
export type HttpSaid =
  | { readonly kind: 'fields'; readonly fields: unknown }
  | { readonly kind: 'ignores'; readonly status: number };

/** An answer of a server that was written for EMQX 5. @returns the sentence that says why it is none */
export function readHttpAnswer({ status, type, body }: HttpAnswer): HttpSaid | string {
  if (status === 204) return { kind: 'fields', fields: { result: 'allow' } };
  if (gatewayStatuses.includes(status)) return `it answers with HTTP status ${status}`;
  if (status !== 200) return { kind: 'ignores', status };
  if (type.startsWith(formType)) return { kind: 'fields', fields: Object.fromEntries(new URLSearchParams(body)) };
  if (!type.startsWith(jsonType)) return 'its answer is neither JSON nor a form, by its content-type';
  try {
    return { kind: 'fields', fields: JSON.parse(body) as unknown };
  } catch {
    return 'its answer is not JSON';
  }
}

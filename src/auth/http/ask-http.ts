import type { HttpClient, HttpRequest } from '../outside/http-client.ts';
import { type HttpSaid, readHttpAnswer } from './read-answer.ts';

/** What tells one request from another. */
export const partsOfRequest = ({ method, url, headers, body = '' }: HttpRequest): readonly string[] => [
  method,
  url,
  JSON.stringify(headers),
  body,
];

/** Asks a server that was written for EMQX 5. @returns what it says; or the sentence that says why it says nothing */
export async function askHttp(
  http: Pick<HttpClient, 'send'>,
  ...question: Parameters<HttpClient['send']>
): Promise<HttpSaid | string> {
  const answer = await http.send(...question);
  return typeof answer === 'string' ? answer : readHttpAnswer(answer);
}

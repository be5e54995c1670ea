import { STATUS_CODES } from 'node:http';

/** A whole HTTP/1.1 response with a sentence as its text, for sockets that no http.Server looks after. */
export function plainResponse(status: number, text: string, headers: Readonly<Record<string, string>> = {}): string {
  const body = `${text}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

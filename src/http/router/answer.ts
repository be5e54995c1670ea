import type { RequestHead } from './request.ts';

/** What is answered. The router adds the headers that every answer has. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out: none. */
  readonly body?: string | Uint8Array;
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

/** What is wrong, in a sentence for people and programs: HTML where the client asks for it, JSON otherwise. */
export function sentence(
  { headers: { accept = '' } }: Pick<RequestHead, 'headers'>,
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  if (!accept.includes('text/html')) {
    const answer = json({ error }, status);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  const text = error.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=UTF-8', ...headers },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${status}</title><h1>${status}</h1><p>${text}</p></html>`,
  };
}

export const nothingHere = (head: Pick<RequestHead, 'headers'>): Answer =>
  sentence(head, 404, 'There is nothing at this address.');

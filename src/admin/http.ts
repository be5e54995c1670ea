import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';

/** The node request behind a request, or nothing in a test without a socket. */
export type AdminEnv = { Bindings: Partial<Pick<HttpBindings, 'incoming'>> };
export type AdminApp = Hono<AdminEnv>;
export type AdminContext = Context<AdminEnv>;

export const createApp = (): AdminApp => new Hono<AdminEnv>();

/** An answer for people and programs: HTML where the client asks for it first, JSON otherwise. */
export function sentence(
  context: AdminContext,
  status: 400 | 403 | 404 | 405 | 410 | 500 | 503,
  error: string,
): Response {
  context.header('Cache-Control', 'no-store');
  if (!(context.req.header('accept') ?? '').includes('text/html')) return context.json({ error }, status);
  const text = error.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return context.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${status}</title><h1>${status}</h1><p>${text}</p></html>`,
    status,
  );
}

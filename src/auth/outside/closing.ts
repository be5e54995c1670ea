import type { Component } from '../../kernel/lifecycle.ts';
import type { HttpClient } from './http-client.ts';

/** Closes what is idle at the end; what is under way then is bounded by itself. */
export const closing = (name: string, http: Pick<HttpClient, 'close'>): Component => ({
  name,
  start: () => Promise.resolve(),
  stop() {
    http.close();
    return Promise.resolve();
  },
});

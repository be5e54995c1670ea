import { describe } from 'vitest';
import { enqueueCases, queueCases } from './session-store/queues.ts';
import { retainedCases } from './session-store/retained.ts';
import { sessionCases } from './session-store/sessions.ts';
import { subscriptionCases } from './session-store/subscriptions.ts';
import type { OpenStore } from './session-store/support.ts';

/** What every session store keeps to, whatever it is built on. */
export function sessionStoreContract(open: OpenStore): void {
  describe('retained messages', () => {
    retainedCases(open);
  });
  describe('subscriptions', () => {
    subscriptionCases(open);
  });
  describe('what is queued', () => {
    enqueueCases(open);
  });
  describe('an outgoing queue', () => {
    queueCases(open);
  });
  describe('the rest of a session', () => {
    sessionCases(open);
  });
}

import { describe } from 'vitest';
import { keepCases } from './store/keep.ts';
import { limitCases, type OpenLimitedStore, recordLimitCases } from './store/limits.ts';
import { orderCases } from './store/order.ts';
import { enqueueCases, queueCases } from './store/queues.ts';
import { retainedCases } from './store/retained.ts';
import { sessionCases } from './store/sessions.ts';
import { subscriptionCases } from './store/subscriptions.ts';
import type { OpenStore } from './store/support.ts';

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
  describe('calls that do not wait for each other', () => {
    orderCases(open);
  });
  describe('the rest of a session', () => {
    sessionCases(open);
  });
}

/** What they keep to beside that: every limit of the configuration, and what is not done where one is reached. */
export function storeLimitsContract(open: OpenLimitedStore): void {
  describe('one message in several places', () => {
    keepCases(open);
  });
  describe('limits', () => {
    limitCases(open);
    recordLimitCases(open);
  });
}

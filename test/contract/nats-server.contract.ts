import { describe } from 'vitest';
import { clientCases } from './nats-client-cases.ts';
import { limitCases } from './nats-limit-cases.ts';
import type { StartNats } from './nats-process.ts';
import { rawCases } from './nats-raw-cases.ts';

/**
 * What clients rely on in a NATS server, down to the bytes. It runs against the embedded hub and against nats-server;
 * where nats-server and the documents of the protocol differ, it says what nats-server does.
 */
export function natsServerContract(start: StartNats): void {
  describe('the protocol', () => {
    rawCases(start);
  });
  describe('limits', () => {
    limitCases(start);
  });
  describe('nats.js', () => {
    clientCases(start);
  });
}

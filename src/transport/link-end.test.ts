import { expect, test } from 'vitest';
import { ConnectionError } from '../kernel/errors.ts';
import { closeReason } from './link-end.ts';

const failed = (code: string, more: object = {}): Error => Object.assign(new Error(`read ${code}`), { code, ...more });

test('the end of a connection is put into words', () => {
  expect(closeReason(failed('ECONNRESET'))).toBe('connection reset by the client');
  expect(closeReason(failed('ETIMEDOUT'))).toContain('no longer answers');
  expect(closeReason(failed('ERR_SSL_BAD_RECORD', { reason: 'bad record mac' }))).toBe('TLS failure: bad record mac');
  expect(closeReason(failed('EOTHER'))).toBe('connection failed: read EOTHER');
  expect(closeReason(new ConnectionError('client-failed', 'the broker stopped'))).toBe('the broker stopped');
});

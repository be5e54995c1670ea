import { expect, test } from 'vitest';
import { plainResponse } from './plain-response.ts';

test('a response is complete and closes the connection', () => {
  expect(plainResponse(400, 'No – really.')).toBe(
    'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 15\r\nConnection: close\r\n\r\nNo – really.\n',
  );
});

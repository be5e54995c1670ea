import { describe } from 'vitest';
import { startContractHub } from '../contract/nats-hub.ts';
import { startNatsProcess } from '../contract/nats-process.ts';
import { natsServerContract } from '../contract/nats-server.contract.ts';

describe.each([
  { name: 'the embedded hub', start: startContractHub },
  { name: 'nats-server', start: startNatsProcess },
])('$name', ({ start }) => {
  natsServerContract(start);
});

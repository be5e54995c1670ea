// From a row to the command line of mqload.
import { join } from 'node:path';
import { modes } from './rows.mjs';

const transports = { tls: 'tls', twoWayTls: 'tls', wss: 'wss' };

/** Seconds that mqload may take to set its connections up, beside what the plan of the mode says. */
const setupSeconds = 60;

/**
 * @param target `ports` and `pids` of the broker, and the folder of the `certificates`.
 * @param plan `full` or `quick`.
 * @returns arguments of mqload.
 */
export function loadArguments(row, { ports, pids, certificates }, plan) {
  const { mode, ...load } = row.load;
  const flags = {
    port: ports[row.listener],
    transport: transports[row.listener],
    ca: join(certificates, 'root-ca.pem'),
    ...(row.listener === 'twoWayTls' && {
      cert: join(certificates, 'client-demo.pem'),
      key: join(certificates, 'client-demo.key'),
    }),
    ...(row.bridge && { 'nats-port': ports.nats }),
    pid: pids.join(','),
    'setup-max': setupSeconds,
    ...load,
    ...modes[mode][plan],
  };
  const pairs = Object.entries(flags).map(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, `${value}`],
  );
  return [mode, ...pairs.flat()];
}

/** After this many milliseconds mqload hangs. */
export function loadTimeoutMs(row, plan) {
  const { warmup = 0, duration = 0, drain = 0, settle = 0 } = modes[row.load.mode][plan];
  return (setupSeconds * 2 + warmup + duration + drain + settle) * 1_000;
}

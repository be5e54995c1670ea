import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReloadWorld } from '../reload-world.ts';
import type { Probes } from './probe.ts';

const file = join(tmpdir(), `viaduct-audit-of-reload-${process.pid}.log`);
const aside = `${file}.1`;

/** @returns what `look` finds once clients have come in; no file is left */
async function audited<T>(world: ReloadWorld, clients: number, look: () => T): Promise<T> {
  for (let count = 0; count < clients; count += 1) await world.connect({ clientId: `audited-${count}` });
  try {
    return look();
  } finally {
    for (const path of [file, aside]) rmSync(path, { force: true });
  }
}

export const auditProbes: Probes = {
  'audit.file': {
    change: { audit: { file } },
    is: true,
    see: (world) => audited(world, 1, () => existsSync(file) && readFileSync(file, 'utf8').includes('audited-0')),
  },
  'audit.size': {
    from: { audit: { file } },
    change: { audit: { file, size: '4KiB' } },
    is: true,
    see: (world) => audited(world, 20, () => existsSync(aside)),
  },
};

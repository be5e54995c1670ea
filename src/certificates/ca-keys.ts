import { AppError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { certificateWarning } from './events.ts';

/**
 * Tries the passphrase of the CA keys as the program starts. Clients connect without those keys: a wrong passphrase would
 * be noticed only when a device enrolls or a certificate is to be renewed, which may be months later.
 * @param passphrase undefined where none is configured; then nothing is tried.
 */
export const caKeys = (folder: CaFolder, passphrase: string | undefined, events: Events): Component => ({
  name: 'CA keys',
  async start() {
    if (passphrase === undefined) return;
    try {
      const encrypted = (await folder.authorities()).filter(({ keyState }) => keyState === 'encrypted');
      for (const { name } of encrypted) await folder.privateKey(name);
    } catch (problem) {
      if (!(problem instanceof AppError)) throw problem;
      events.emit(certificateWarning, { warning: `${problem.message} (certificates.passphrase)` });
    }
  },
  stop: () => Promise.resolve(),
});

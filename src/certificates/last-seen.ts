import type { Peer } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { LedgerFile } from '../pki/folder/ledger-file.ts';
import { seenRecorder } from '../pki/folder/seen.ts';
import { sightingsNotWritten } from './events.ts';

/** Keeps in the ledger when each client certificate was last used to connect. */
export interface LastSeen extends Component {
  /** Cheap; called for every connection. */
  note(peer: Peer): void;
}

/** What a crash may lose, and how often the ledger is written at most. */
const flushMs = 300_000;

export function lastSeen(
  ledger: LedgerFile,
  { clock, events }: { readonly clock: Clock; readonly events: Events },
): LastSeen {
  const recorder = seenRecorder(ledger);
  let cancel: (() => void) | undefined;
  let isRunning = false;

  const flush = async (): Promise<void> => {
    try {
      // without a ledger no certificate is from here, and nothing may be written into the folder of somebody else
      if ((await ledger.read()).size > 0) await recorder.flush();
    } catch (cause) {
      events.emit(sightingsNotWritten, { problem: messageOf(cause) });
    }
  };

  const flushLater = (): void => {
    cancel = clock.after(flushMs, () => {
      cancel = undefined;
      void flush();
    });
  };

  return {
    name: 'last seen',
    note({ tls }) {
      if (tls?.certificate === undefined || tls.certificate.serialNumber === '') return; // a proxy told its name alone
      recorder.noteSeen(tls.certificate.serialNumber, clock.now());
      if (isRunning && cancel === undefined) flushLater();
    },
    start() {
      isRunning = true;
      return Promise.resolve();
    },
    async stop() {
      if (!isRunning) return;
      isRunning = false;
      cancel?.();
      cancel = undefined;
      await flush();
    },
  };
}

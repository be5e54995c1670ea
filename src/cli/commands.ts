import type { Command } from 'commander';
import type { Io } from './io.ts';

type AddCommand = (program: Command, io: Io) => void;

/** Every command in the order of the help, and what loads it: a command costs its own imports alone. */
export const commands: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['serve', async () => (await import('./serve.ts')).addServeCommand],
  ['config', async () => (await import('./config.ts')).addConfigCommand],
  ['pub', async () => (await import('./pub.ts')).addPubCommand],
  ['sub', async () => (await import('./sub.ts')).addSubCommand],
  ['topic', async () => (await import('./topic.ts')).addTopicCommand],
  ['passwd', async () => (await import('./passwd.ts')).addPasswdCommand],
  ['ban', async () => (await import('./ban.ts')).addBanCommand],
  ['acl', async () => (await import('./acl.ts')).addAclCommand],
  ['pki', async () => (await import('./pki.ts')).addPkiCommand],
  ['store', async () => (await import('./store.ts')).addStoreCommand],
  ['import', async () => (await import('./import.ts')).addImportCommand],
  ['doctor', async () => (await import('./doctor.ts')).addDoctorCommand],
  ['completion', async () => (await import('./completion.ts')).addCompletionCommand],
  ['version', async () => (await import('./version.ts')).addVersionCommand],
]);

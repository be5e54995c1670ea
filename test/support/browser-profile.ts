import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { runToEnd } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface BrowserProfile {
  /** PEM file of the root that was installed as an authority for web sites. */
  readonly root: string;
  /** What was imported as a certificate of one's own; nothing when left out. */
  readonly identity?: { readonly pkcs12: string; readonly password: string };
  /** Origins, as `https://localhost:8084`, to which a certificate is shown without asking for it. */
  readonly shownTo: readonly string[];
}

/** One person's browser. */
export interface ProfileBrowser extends AsyncDisposable {
  newPage(): Promise<Page>;
}

/**
 * Starts Debian's Chromium in a home of its own with an NSS database in it, from which Chromium's TLS stack takes
 * authorities and client certificates. Nothing outside that home is read or changed: which certificate to show, a dialog
 * that no program can click, is answered in the profile's content settings, where the policy
 * `AutoSelectCertificateForUrls` would have it in a managed folder of the whole machine.
 */
export async function launchBrowserWith(profile: BrowserProfile): Promise<ProfileBrowser> {
  const { path: home } = await temporaryDirectory();
  // what Chromium started may write for a moment after Chromium has ended
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 10 });
  let context: BrowserContext;
  try {
    await fillDatabase(join(home, '.pki', 'nssdb'), profile);
    context = await chromium.launchPersistentContext(await profileFolder(home, profile.shownTo), {
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
      env: { ...process.env, HOME: home },
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    newPage: () => context.newPage(),
    async [Symbol.asyncDispose]() {
      await context.close();
      await remove();
    },
  };
}

async function fillDatabase(directory: string, { root, identity }: BrowserProfile): Promise<void> {
  await mkdir(directory, { recursive: true });
  const database = ['-d', `sql:${directory}`];
  await run('certutil', ['-N', ...database, '--empty-password']);
  await run('certutil', ['-A', ...database, '-n', 'root', '-t', 'C,,', '-i', root]);
  if (identity === undefined) return;
  await run('pk12util', ['-i', identity.pkcs12, '-W', identity.password, ...database]);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runToEnd(command, args);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
}

/** Makes the folder of the profile. The filter `{}` fits any certificate that the server's list of authorities fits. */
async function profileFolder(home: string, origins: readonly string[]): Promise<string> {
  const setting = { setting: { filters: [{}] } };
  const chosen = Object.fromEntries(origins.map((origin) => [`${origin},*`, setting]));
  const preferences = { profile: { content_settings: { exceptions: { auto_select_certificate: chosen } } } };
  const folder = join(home, 'profile');
  await mkdir(join(folder, 'Default'), { recursive: true });
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  return folder;
}

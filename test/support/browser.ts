import { createHash, X509Certificate } from 'node:crypto';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export interface TestBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** A page in a context of its own; it lives until the browser is closed. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
}

/**
 * Starts Debian's Chromium.
 * @param trust `{ certificate }`: PEM of the server certificate; a server with its key is trusted, any other is refused
 *   as always. `'any'`: no certificate is checked. `'none'`: only what the system trusts.
 */
export async function launchBrowser(trust: { readonly certificate: string } | 'any' | 'none'): Promise<TestBrowser> {
  const pins =
    typeof trust === 'object' ? [`--ignore-certificate-errors-spki-list=${spkiHash(trust.certificate)}`] : [];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', ...pins] });
  return {
    browser,
    async newPage(options = {}) {
      const context = await browser.newContext({ ignoreHTTPSErrors: trust === 'any', ...options });
      return context.newPage();
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}

/** SHA-256 of the public key of the first certificate, as Chromium writes it. */
function spkiHash(pem: string): string {
  const { publicKey } = new X509Certificate(pem);
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

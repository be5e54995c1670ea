import type { Page } from 'playwright-core';

export interface ConnectFields {
  readonly uri?: string;
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  readonly version?: '3.1.1' | '5';
  readonly isCleanStart?: boolean;
}

export type LogWord = 'CONNECTED' | 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'SENT' | 'RECEIVED' | 'DISCONNECTED' | 'ERROR';

/** The console as a person uses it. */
export interface ConsolePage {
  readonly page: Page;
  connect(fields?: ConnectFields): Promise<void>;
  disconnect(): Promise<void>;
  /** Waits until the broker has it. @returns the line that says so */
  subscribe(filter: string, qos?: 0 | 1 | 2): Promise<string>;
  publish(topic: string, payload: string, options?: { qos?: 0 | 1 | 2; retain?: boolean }): Promise<void>;
  /** Waits for a line with this word and text. @returns the whole line */
  waitForLine(word: LogWord, text?: string | RegExp): Promise<string>;
  /** The lines of the log, one string each. */
  lines(): Promise<string[]>;
  /** Console errors, uncaught exceptions and violations of the content security policy since the page was opened. */
  problems(): readonly string[];
}

/** Opens the console and waits until it knows the broker's addresses. */
export async function openConsole(page: Page, url: string): Promise<ConsolePage> {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(url);
  await page.locator('html[data-facts="shown"]').waitFor();

  const lines = page.locator('#log li');
  const waitForLine = async (word: LogWord, text: string | RegExp = ''): Promise<string> => {
    const line = lines.filter({ has: page.locator('b', { hasText: new RegExp(`^${word}$`) }), hasText: text }).first();
    await line.waitFor();
    return line.innerText();
  };
  return {
    page,
    async connect({ uri, clientId, username, password, version, isCleanStart } = {}) {
      const texts = { URI: uri, 'Client id': clientId, 'User name': username, Password: password };
      for (const [label, value] of Object.entries(texts)) {
        if (value !== undefined) await page.getByLabel(label).fill(value);
      }
      if (version !== undefined) await page.getByLabel('MQTT', { exact: true }).selectOption({ label: version });
      if (isCleanStart !== undefined) await page.getByLabel('Clean start').setChecked(isCleanStart);
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
    },
    async disconnect() {
      await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    },
    async subscribe(filter, qos = 1) {
      const form = page.locator('#subscribe-form');
      await form.getByLabel('Topic filter').fill(filter);
      await form.getByLabel('QoS').selectOption(String(qos));
      await form.getByRole('button', { name: 'Subscribe' }).click();
      return waitForLine('SUBSCRIBED', filter);
    },
    async publish(topic, payload, { qos = 1, retain = false } = {}) {
      const form = page.locator('#publish-form');
      await form.getByLabel('Topic').fill(topic);
      await form.getByLabel('QoS').selectOption(String(qos));
      await form.getByLabel('Payload').fill(payload);
      await form.getByLabel('Retain').setChecked(retain);
      await form.getByRole('button', { name: 'Publish' }).click();
    },
    waitForLine,
    lines: () => lines.allInnerTexts(),
    problems: () => problems,
  };
}

import { defineEvent } from '../kernel/telemetry-ports.ts';

export const configurationReloaded = defineEvent<{ taken: string; waiting: string }>({
  counter: 'configuration_reloads_total',
  help: 'Times that the configuration was read again while running, and taken over as far as it needs no restart.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ taken, waiting }) =>
    `reloaded: certificates are up to date${taken === '' ? '' : `; changed: ${taken}`}${waiting === '' ? '' : `; in effect after a restart: ${waiting}`}`,
});

export const configurationNotTaken = defineEvent<{ problem: string }>({
  counter: 'configuration_reload_failures_total',
  help: 'Times that a configuration was not taken over while running, because something in it cannot be.',
  labels: [],
  level: 'error',
  isSecurity: true,
  message: ({ problem }) => `not reloaded, everything stays as it was: ${problem}`,
});

export const configurationDoubtful = defineEvent<{ problem: string }>({
  counter: 'configuration_warnings_total',
  help: 'What was read in a configuration, can run, and is hardly what somebody wants.',
  labels: [],
  level: 'warn',
  message: ({ problem }) => problem,
});

export const partNotEnded = defineEvent<{ problem: string }>({
  counter: 'configuration_reload_leftovers_total',
  help: 'Parts that were replaced at a reload and did not end well.',
  labels: [],
  level: 'warn',
  message: ({ problem }) => `reloaded, but a part that is no longer used did not end well: ${problem}`,
});

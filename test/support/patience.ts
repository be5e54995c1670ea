/** No test waits for time to pass; this only ends what never comes, on a machine that others use as well. */
export const patienceMs = 60_000;

export const patient = (): AbortSignal => AbortSignal.timeout(patienceMs);

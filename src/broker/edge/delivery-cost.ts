import type { Intake } from './intake.ts';

/**
 * What one more delivery of a message costs, in units of `Turn`: a frame is put into a batch. That the batch has to be
 * sent costs far more, and is shared by all messages of the turn, so the fewer turns a fan-out takes the cheaper it is.
 */
const deliveryUnits = 1 / 32;

/** Bytes of a message that cost a unit where the batch is sent, for each client that gets it; a small one costs nothing. */
const unitBytes = 8 * 1_024;
const smallBytes = 4 * 1_024;

/** A message went to so many clients: what that cost is taken from the publisher's turn. @param bytes of the message */
export function spendOnDeliveries(intake: Pick<Intake, 'spend' | 'owe'>, count: number, bytes: number): void {
  intake.spend(count * deliveryUnits);
  if (bytes > smallBytes) intake.owe((count * (bytes - smallBytes)) / unitBytes);
}

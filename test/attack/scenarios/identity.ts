import type { Attacker } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** Whose client id it is. */

/** Clients that still get an answer, after everybody had the time to notice its end. */
async function alive(attackers: readonly (Attacker | undefined)[]): Promise<number> {
  const answers = await Promise.all(attackers.map(async (attacker) => (await attacker?.answers()) === true));
  return answers.filter(Boolean).length;
}

const takeover = (count: number): Scenario => ({
  name: `takeover-${count}`,
  title: `${count} simultaneous CONNECTs of one client id, 20 rounds: one connection is left each time`,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const faults: string[] = [];
    for (let round = 0; round < 20 && !attack.signal.aborted; round++) {
      const rivals = await attack.connectAtOnce(count, { clientId: `rival-${round}`, isPersistent: true });
      const left = await alive(rivals);
      // asked twice: the first answers may have come before the last of them was pushed out
      const stays = left > 1 ? await alive(rivals) : left;
      if (stays !== 1 && !attack.signal.aborted)
        faults.push(`round ${round + 1}: ${stays} connections of one client id are left [MQTT-3.1.4-2]`);
      for (const rival of rivals) rival?.end();
    }
    return faults;
  },
});

async function pushOut(attack: Attack, isPersistent: boolean): Promise<string[]> {
  const victim = await attack.connectWithCertificate({ clientId: 'victim', isPersistent });
  if (victim === undefined) return ['the client with a certificate was refused'];
  const thief = await attack.connect({ clientId: 'victim', isPersistent });
  const isVictimThere = await victim.answers();
  const kind = isPersistent ? 'persistent' : 'clean';
  const faults: string[] = [];
  if (!isVictimThere) faults.push(`an anonymous client pushed out the ${kind} session of a certificate`);
  if (thief !== undefined && !thief.isClosed)
    faults.push(`an anonymous client got the client id of a ${kind} session of a certificate`);
  victim.end();
  thief?.end();
  return faults;
}

const foreignTakeover: Scenario = {
  name: 'foreign-takeover',
  title: 'an anonymous client takes the client id of a connected client with a certificate',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  run: async (attack) => [...(await pushOut(attack, true)), ...(await pushOut(attack, false))],
};

export const identity: readonly Scenario[] = [takeover(2), takeover(8), foreignTakeover];

import Anthropic from '@anthropic-ai/sdk';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { jobFinder } from '../../../lambdas/stores/jobs.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { localAws } from '../../../local/embedded/dynamodb.ts';
import { stepWorld } from '../../../local/embedded/steps.ts';
import { NARRATIVES } from '../../../local/machine/narratives.ts';
import { fencedAnthropic, fencedDynamo } from '../../../local/worker/fence.ts';
import { RENEW_SECONDS } from '../../../local/worker/lease.ts';
import { leaseTable } from '../../../local/worker/lease-table.ts';
import { Worker, type WorkerOptions } from '../../../local/worker/worker.ts';
import type { Logged, World } from '../world.ts';

/** Workers in this process on the tables of a world, whose clock they go by; their waits only move it. */
export function workersOn(world: World) {
  const dynamo = new DynamoDBClient(localAws(world.endpoint));
  const streams = new DynamoDBStreamsClient(localAws(world.endpoint));
  const clients: DynamoDBClient[] = [];
  const workers: Worker[] = [];
  /** of leases, in ms: waits of jobs do not move it */
  let clock = 0;
  return {
    dynamo,
    /** Lets time pass by the clock of leases. @param living workers that renew theirs meanwhile */
    async passLease(seconds: number, ...living: Worker[]) {
      for (let passed = 0; passed < seconds; passed += RENEW_SECONDS) {
        clock += Math.min(RENEW_SECONDS, seconds - passed) * 1000;
        for (const worker of living) await worker.renew();
      }
    },
    async start(changes: Partial<WorkerOptions> = {}): Promise<Worker & { logged: Logged[] }> {
      const logged: Logged[] = [];
      const note =
        (level: string) =>
        (message: string, fields: Record<string, unknown> = {}) =>
          void logged.push({ level, message, fields });
      const worker = new Worker({
        dynamo,
        streams,
        world: world.deps,
        worldFor: (lease) => {
          const fenced = fencedDynamo(new DynamoDBClient(localAws(world.endpoint)), lease);
          clients.push(fenced);
          return stepWorld({
            db: documentClient(fenced),
            pool: world.pool,
            anthropic: fencedAnthropic(new Anthropic({ apiKey: 'key', baseURL: world.standIn.url }), lease),
            log: world.deps.log,
            settings: world.settings,
            now: world.deps.now,
          });
        },
        finder: jobFinder(world.db, TABLE_NAMES.jobs),
        leases: leaseTable(world.db, TABLE_NAMES.ledger, 30),
        clocks: { monotonic: () => clock, wall: () => clock },
        narratives: NARRATIVES,
        stage: 'worker',
        turnStreamOn: false,
        sweepMinutes: 15,
        log: { info: note('info'), warn: note('warn'), error: note('error') },
        simulated: { machine: { retryScale: 0, pause: async (seconds) => world.passTime(seconds) } },
        ...changes,
      });
      workers.push(worker);
      await worker.start();
      return Object.assign(worker, { logged });
    },
    async close() {
      for (const worker of workers) await worker.stop();
      for (const client of [dynamo, streams, ...clients]) client.destroy();
    },
  };
}

/** As when its process is killed: nothing of it goes on, and nobody is told. */
export async function kill(worker: Worker): Promise<void> {
  worker.executions.stop();
  await worker.stream.close();
}

/** What a worker has told, without the fields. */
export const messagesOf = ({ logged }: { logged: readonly Logged[] }): string[] => logged.map(({ message }) => message);

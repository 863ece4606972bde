import { readFileSync } from 'node:fs';
import type pg from 'pg';
import * as z from 'zod';
import { databaseUrlOf } from '../lambdas/runtime/database-secret.ts';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import { hostOf, tlsTrouble } from '../lambdas/stores/database-tls.ts';
import { type Conversations, conversationsOf, postgresPool } from '../lambdas/stores/postgres.ts';
import { WrongUse } from './errors.ts';

/** Polis' PostgreSQL as it is reached from here. */
export interface Database {
  pool: pg.Pool;
  conversations: Conversations;
  tls: 'verify' | 'off';
  close(): Promise<void>;
}

const environmentSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'should read postgres://user:password@host:5432/database')
    .optional(),
  DATABASE_TLS: z.enum(['verify', 'off'], 'should be verify or off').optional(),
  DATABASE_CA_FILE: z.string().optional(),
});

/** What to do about a TLS connection that failed: the functions have their own settings, this machine has variables. */
export function tlsTroubleHere(error: unknown): InvalidSetting | undefined {
  const trouble = tlsTrouble(error);
  return (
    trouble &&
    new InvalidSetting(
      `${trouble.message}; on this machine DATABASE_CA_FILE=FILE stands for databaseCaFile, DATABASE_TLS for databaseTls`,
      { cause: error },
    )
  );
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/**
 * Connects to Polis' PostgreSQL: DATABASE_URL, or else the deployed secret with the deployed TLS. TLS is on except towards
 * this machine itself, unless DATABASE_TLS and DATABASE_CA_FILE say otherwise.
 * @param secret gives the deployed secret's text
 * @param mathEnv the `math_env` that is read
 * @throws WrongUse for a variable; InvalidSetting for a secret that is no address
 */
export async function openDatabase(
  env: NodeJS.ProcessEnv,
  deployed: { secretName: string; secret: () => Promise<string>; mathEnv: string; tls: 'verify' | 'off' | undefined },
): Promise<Database> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const wrong = (line: string) => new WrongUse(`environment variable ${line}`);
  const { DATABASE_URL, DATABASE_TLS, DATABASE_CA_FILE } = parseOr(environmentSchema, given, wrong);
  const url = DATABASE_URL ?? databaseUrlOf(await deployed.secret(), deployed.secretName);
  const usual = LOOPBACK.test(hostOf(url)) ? 'off' : 'verify';
  const tls = DATABASE_TLS ?? (DATABASE_URL === undefined ? deployed.tls : undefined) ?? usual;
  const pool = postgresPool(url, { tls, ...(DATABASE_CA_FILE ? { ca: caOf(DATABASE_CA_FILE) } : {}) });
  return { pool, tls, conversations: conversationsOf(pool, deployed.mathEnv), close: () => pool.end() };
}

function caOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongUse(`DATABASE_CA_FILE ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

import type { IncomingMessage } from 'node:http';
import type { BaseAnthropic } from '@anthropic-ai/sdk';
import { type AwsWorkspace, workspaceClient } from '../../lambdas/stores/anthropic-aws.ts';
import type { SignedAccess } from '../../stand-in/signature.ts';

/** A workspace of Claude Platform on AWS, with the keys that its stand-in lets in; AWS' documentation has keys like these. */
export const WORKSPACE: SignedAccess = {
  workspaceId: 'wrkspc_01AbCdEf23GhIj',
  region: 'eu-west-1',
  credentials: {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: 'session-token-of-a-role',
  },
};

/** The deployed client of that workspace, pointed at a stand-in. */
export const clientOf = (baseURL: string, changes: Partial<AwsWorkspace> = {}): Promise<BaseAnthropic> => {
  const { workspaceId, region, credentials } = WORKSPACE;
  return workspaceClient({ workspaceId, region, credentials: async () => credentials, baseURL, ...changes });
};

/** How a request says who sends it: the names of its headers for that, and the scheme of `authorization`. */
export const sentAs = ({ headers }: IncomingMessage): string[] => [
  ...('x-api-key' in headers ? ['x-api-key'] : []),
  ...(headers.authorization === undefined ? [] : [headers.authorization.split(' ')[0] ?? '']),
];

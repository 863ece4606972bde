import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import type { NarrativesTables } from './data-stack.ts';

export interface ApiStackProps extends StackProps {
  readonly config: NarrativesConfig;
  readonly tables: NarrativesTables;
}

/** The two routes of the Polis server that concern narrative reports. */
export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, { config: _config, tables: _tables, ...props }: ApiStackProps) {
    super(scope, id, { description: 'HTTP API of the Delphi narrative reports', ...props });
  }
}

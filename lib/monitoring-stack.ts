import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import type { NarrativesStack } from './narratives-stack.ts';

export interface MonitoringStackProps extends StackProps {
  readonly config: NarrativesConfig;
  readonly narratives: NarrativesStack;
}

/** The dashboard, and the alarms, each with its entry in docs/runbook.md. */
export class MonitoringStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config: _config, narratives: _narratives, ...props }: MonitoringStackProps,
  ) {
    super(scope, id, { description: 'Dashboard and alarms of the Delphi narrative reports', ...props });
  }
}

import type { App } from 'aws-cdk-lib/core';
import { ApiStack } from './api-stack.ts';
import { createsTables, DataStack } from './data-stack.ts';
import { MonitoringStack } from './monitoring-stack.ts';
import { stackName } from './names.ts';
import { NarrativesStack } from './narratives-stack.ts';
import { readConfig, type SettingsFile } from './read-settings.ts';

export interface NarrativesApp {
  /** Absent when settings name every table. */
  readonly data: DataStack | undefined;
  readonly narratives: NarrativesStack;
  readonly monitoring: MonitoringStack;
  /** Absent unless the settings ask for it. */
  readonly api: ApiStack | undefined;
}

/**
 * Adds the stacks to a CDK app, by the settings in its context; the same for a deployment, a test and the local run.
 * @param file settings beside the context's, which win
 * @throws InvalidSetting when a setting is wrong
 */
export function addNarratives(app: App, file?: SettingsFile): NarrativesApp {
  const config = readConfig(app.node.getAllContext(), file);
  const { stage } = config;
  const data = createsTables(config) ? new DataStack(app, stackName(stage, 'Data'), config) : undefined;
  const narratives = new NarrativesStack(app, stackName(stage), { config, created: data?.created ?? {} });
  const monitoring = new MonitoringStack(app, stackName(stage, 'Monitoring'), { config, narratives });
  const api =
    config.httpApi === 'off'
      ? undefined
      : new ApiStack(app, stackName(stage, 'Api'), { config, tables: narratives.tables });
  return { data, narratives, monitoring, api };
}

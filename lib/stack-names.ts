const PREFIX = 'DelphiNarratives';

/**
 * Name of one of a deployment's stacks. The command line reads it without loading CDK.
 * @param stage undefined or '' for the deployment without
 * @param part '' is the main stack, whose name the alarms and the dashboard begin with
 */
export const stackName = (stage: string | undefined, part: '' | 'Data' | 'Monitoring' | 'Api' = ''): string =>
  `${PREFIX}${part}${stage ? `-${stage}` : ''}`;

/** The stage in the name of a main stack; undefined when it has none. */
export const stageOf = (mainStack: string): string | undefined => new RegExp(`^${PREFIX}-(.+)$`).exec(mainStack)?.[1];

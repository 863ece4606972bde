import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ROUTES } from '../lambdas/api/http.ts';
import type { NarrativesTables } from './data-stack.ts';
import { constructId } from './names.ts';
import { NarrativesFunction, sharedParts } from './narratives-function.ts';
import type { NarrativesConfig } from './settings.ts';

export interface ApiStackProps extends StackProps {
  readonly config: NarrativesConfig;
  readonly tables: NarrativesTables;
}

/** Requests a second, and at once. A report page sends one request, and every POST may pay for a report. */
const THROTTLE = { rateLimit: 20, burstLimit: 40 };

/** One line of JSON for each request: the route, the caller and the result, without the reader's address. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    route: '$context.routeKey',
    status: '$context.status',
    bytes: '$context.responseLength',
    ms: '$context.responseLatency',
    caller: '$context.identity.userArn',
    error: '$context.error.message',
    integrationError: '$context.integrationErrorMessage',
  }),
);

/** The routes of the Polis server that concern narrative reports, and one that cancels a job. Callers sign with AWS credentials, unless the setting httpApi is open. */
export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, { config, tables, ...props }: ApiStackProps) {
    super(scope, id, { description: 'HTTP API of the Delphi narrative reports', ...props });
    const api = new HttpApi(this, 'Api', {
      apiName: id,
      description: 'Narrative reports as the Polis server answers them',
      createDefaultStage: false,
      defaultAuthorizer: config.httpApi === 'open' ? new HttpNoneAuthorizer() : new HttpIamAuthorizer(),
    });
    const shared = sharedParts(this, config, tables);
    for (const [name, { method, path }] of Object.entries(ROUTES) as [keyof typeof ROUTES, Route][]) {
      const { lambda } = new NarrativesFunction(this, constructId(name), { name, ...shared });
      const integration = new HttpLambdaIntegration(constructId(name), lambda);
      api.addRoutes({ path, methods: [HttpMethod[method]], integration });
    }
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG },
    });
    new CfnOutput(this, 'ApiUrl', { value: stage.url });
  }
}

type Route = (typeof ROUTES)[keyof typeof ROUTES];

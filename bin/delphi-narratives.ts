import { App } from 'aws-cdk-lib/core';
import { addNarratives } from '../lib/app.ts';

addNarratives(new App());

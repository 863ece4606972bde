import { BadInput, NarrativesError } from '../lambdas/shared/errors.ts';

/** The command cannot be used so: a flag, an argument or the environment is missing or wrong. Exit code 2. */
export class WrongUse extends NarrativesError {
  override readonly name = 'WrongUse';
}

/** There is no usable deployment of this stage in this account and region. */
export class NotDeployed extends NarrativesError {
  override readonly name = 'NotDeployed';
}

/** The endpoint of AWS, or of an emulator, does not answer. */
export class EndpointDown extends NarrativesError {
  override readonly name = 'EndpointDown';
}

/** AWS does not let the caller in, or not do this. */
export class AccessRefused extends NarrativesError {
  override readonly name = 'AccessRefused';
}

/** AWS refuses a call for another reason. */
export class AwsRefused extends NarrativesError {
  override readonly name = 'AwsRefused';
}

/** No row of this job id. */
export class UnknownJob extends BadInput {
  override readonly name = 'UnknownJob';
}

/** A report that is not in the database, or of which nothing is stored. */
export class UnknownReport extends BadInput {
  override readonly name = 'UnknownReport';
}

/** The report has a job already that has not ended. */
export class JobActive extends BadInput {
  override readonly name = 'JobActive';
}

/** The job's status does not allow what was asked for, or changed under it. */
export class WrongStatus extends BadInput {
  override readonly name = 'WrongStatus';
}

/** A secret, a key or a setting of the deployment is not what it should be. */
export class NotSetUp extends BadInput {
  override readonly name = 'NotSetUp';
}

/** PostgreSQL cannot be reached from this machine. */
export class DatabaseAway extends NarrativesError {
  override readonly name = 'DatabaseAway';
}

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { NotSetUp } from './errors.ts';

/**
 * The text of a deployed secret. It is in no message.
 * @throws NotSetUp when it is absent, empty or on its way out
 */
export async function readSecret(client: Pick<SecretsManagerClient, 'send'>, name: string): Promise<string> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (SecretString?.trim()) return SecretString.trim();
  } catch (error) {
    const { name: kind, message } = error as Error;
    if (kind === 'ResourceNotFoundException') {
      throw new NotSetUp(
        `secret ${name} is absent: aws secretsmanager create-secret --name ${name} --secret-string file://FILE`,
        { cause: error },
      );
    }
    if (kind === 'InvalidRequestException' && /delet/.test(message)) {
      throw new NotSetUp(
        `secret ${name} is marked for deletion: aws secretsmanager restore-secret --secret-id ${name}`,
        { cause: error },
      );
    }
    throw error;
  }
  throw new NotSetUp(
    `secret ${name} is empty or not text: aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://FILE`,
  );
}

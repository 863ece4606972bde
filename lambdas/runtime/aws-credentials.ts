/**
 * Stands in for `@aws-sdk/credential-provider-node` in the bundles (lib/bundling.ts): Lambda gives a function's credentials in
 * the environment. The SDK's own chain (SSO, profiles, containers) would be 135 KB that every cold start loads for nothing.
 * @throws Error when the environment has none
 */
export const defaultProvider = () => async () => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new Error('AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not in the environment: Lambda sets both');
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
};

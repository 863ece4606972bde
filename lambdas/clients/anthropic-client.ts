import { BaseAnthropic } from '@anthropic-ai/sdk';

/**
 * The SDK's client without its resources (messages, files and so on): authentication, time-outs and errors are all the SDK's.
 * @param baseURL undefined: Anthropic's own address, whatever the environment says
 */
export const anthropicClient = (options: { apiKey: string; baseURL: string | undefined }): BaseAnthropic =>
  new BaseAnthropic({ apiKey: options.apiKey, baseURL: options.baseURL ?? null });

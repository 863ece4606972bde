import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endGroup, startGroup } from './processes.ts';

const FILE = fileURLToPath(new URL('stand-in.ts', import.meta.url));

/** Starts the stand-in of the Anthropic API. @param apiKey the only key that it lets in */
export async function startAnthropic(apiKey: string) {
  const child = startGroup(process.execPath, [FILE, apiKey], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout as NodeJS.ReadableStream);
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])]);
  if (!line) throw new Error('the stand-in of the Anthropic API did not start: see its messages above');
  const { url, control } = JSON.parse(line) as { url: string; control: string };
  return { url, control, stop: () => endGroup(child) };
}

import { startStandIn } from '../../stand-in/server.ts';

/** The stand-in of the Anthropic API in a process of its own; argument: the key it lets in. */
const { url } = await startStandIn({ apiKey: process.argv[2] ?? 'bench' });
console.log(url);

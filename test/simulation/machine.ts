import { type StepWorld, taskSteps } from '../../local/embedded/steps.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { type Breakage, replaced } from './breakage.ts';
import type { functionsOf } from './functions.ts';
import type { HandOff } from './invocation.ts';
import { narratives } from './site.ts';

type Happening = (state: string) => Promise<unknown> | false;

/** The template's state machine with its Retry and Catch; its waits pass at once, by the virtual clock. */
export function machineOf(
  steps: StepWorld,
  functions: ReturnType<typeof functionsOf>,
  { broken, pass }: { broken: Breakage; pass: (seconds: number) => void },
) {
  let happens: Happening | undefined;
  /** What happens between two steps, such as a change of the row by somebody else; the next step waits for it. */
  let between: Promise<unknown> = Promise.resolve();
  const gated = Object.entries(taskSteps(steps)).map(([name, step]) => [
    name,
    async (input: unknown) => {
      await between;
      return functions.step(name, input as HandOff, () => step(input));
    },
  ]);
  const machine = new LocalStateMachine({
    ...narratives,
    definition: replaced(broken.definition, narratives.definition),
    steps: Object.fromEntries(gated),
    waitScale: 0,
    retryScale: 0,
    onEvent: (_execution, event) => {
      if (event.type !== 'StateEntered' || event.stateType !== 'Wait') return;
      const happening = happens?.(event.state ?? '');
      if (happening) {
        happens = undefined;
        between = happening;
      }
      pass((event.input as { wait_seconds: number }).wait_seconds);
    },
  });
  return {
    machine,
    /** Does something, once, when an execution pauses; false: not yet. */
    onWait(what: Happening) {
      happens = what;
    },
  };
}

import type { PageData } from '../data.ts';
import type { ReportPageInput } from '../input.ts';
import type { Writer } from '../words/words.ts';

/** What most parts of the page are made from. */
export interface PartProps {
  data: PageData;
  write: Writer;
  /** of the texts of comments */
  lang: string | undefined;
}

/** What the parts are made from that are written on the server only. */
export interface ViewProps extends PartProps {
  input: ReportPageInput;
}

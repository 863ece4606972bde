import { type Comment, type CommentLeftOut, type Showing, shownComments } from '../comments.ts';
import type { CommentText } from './input.ts';

/**
 * The texts of comments that a page may show. What the report leaves out by now is not shown, also when the report was made from it:
 * a moderator who rejects a comment today wants nobody to read it today.
 */
export function shownTexts(comments: readonly Comment[], showing: Showing): Map<number, CommentText> {
  const { shown, leftOut } = shownComments(comments, showing);
  const hidden = (why: CommentLeftOut): CommentText => ({ hidden: why });
  return new Map([
    ...shown.map(({ tid, txt }) => [tid, { text: txt }] as const),
    ...[...leftOut].map(([tid, why]) => [tid, hidden(why)] as const),
  ]);
}

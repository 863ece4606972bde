import * as z from 'zod';

/**
 * A list whose parsing ends at its first error. A plain `z.array` reports every error, and 300,000 of them take more memory than a
 * function has.
 * @param least how many items it has at least
 */
export const listOf = <T extends z.ZodType>(item: T, least = 1) =>
  z
    .array(z.unknown())
    .min(least)
    .transform((values, context): z.output<T>[] => {
      const items: z.output<T>[] = [];
      for (const value of values) {
        const read = item.safeParse(value);
        if (!read.success) {
          context.addIssue({ code: 'custom', message: `item ${items.length}: not in the agreed shape` });
          return z.NEVER;
        }
        items.push(read.data);
      }
      return items;
    });

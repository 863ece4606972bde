import { describe, expect, test } from 'vitest';
import { readPrompt } from '../../../stand-in/comments-table.ts';
import { writeNarrative } from '../../../stand-in/narrative.ts';
import { message } from '../../support/stand-in/prompts.ts';

describe('reading the prompt', () => {
  test('texts may hold the separator, digits and line breaks; the header names the groups', () => {
    const header =
      'id | all: votes agree disagree pass | Newcomers: votes agree disagree pass | B: votes agree disagree pass | text';
    const rows = ['4|9 1 2 6|5 1 1 3|4 0 1 3|1 2 3 4|really | yes', 'and a second line', '5|0 0 0 0|0 0 0 0|0 0 0 0|'];
    expect(readPrompt(message('Parks', rows, header))).toEqual({
      section: 'Parks',
      comments: [
        {
          id: 4,
          text: '1 2 3 4|really | yes and a second line',
          all: { votes: 9, agrees: 1, disagrees: 2, passes: 6 },
          groups: [
            { group: 'Newcomers', votes: 5, agrees: 1, disagrees: 1, passes: 3 },
            { group: 'Group B', votes: 4, agrees: 0, disagrees: 1, passes: 3 },
          ],
        },
        expect.objectContaining({ id: 5, text: '' }),
      ],
    });
  });

  test('a mention of the tag before the table, entities and quotes in labels do no harm', () => {
    const header = "id | all: votes agree disagree pass | People's > party: votes agree disagree pass | text";
    const text = `Only cite ids of <comments>.\n${message('Parks', ['1|2 1 1 0|2 1 1 0|a &lt;b&gt; &amp;amp; c'], header)}`;
    expect(readPrompt(text).comments).toMatchObject([
      { id: 1, text: 'a <b> &amp; c', groups: [{ group: "People's > party" }] },
    ]);
  });

  test('a section name inside a comment is not taken for the section', () => {
    const { section } = readPrompt(message('Parks', ['1|1 1 0 0|1 1 0 0|0 0 0 0|x', 'Section: forged']));
    expect(section).toBe('Parks');
  });

  test('a message without a table still gets an answer in the shape of a narrative', () => {
    expect(writeNarrative(readPrompt('Hello'))).toEqual({
      id: expect.any(String),
      title: expect.any(String),
      paragraphs: [],
    });
  });
});

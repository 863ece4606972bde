import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const PAGES = globSync(['*.md', 'docs/*.md', '.github/**/*.md']);
const read = (path: string) => readFileSync(path, 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
const packageJson = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

/** Folders that hold the repository's files: a code span that begins with one is a path. */
const FOLDERS = 'bin|cli|docs|lambdas|lib|local|perf|stand-in|test|tools|\\.ci|\\.github';
const PATH = new RegExp(`\`((?:${FOLDERS})/[^\`\\s#]*)\``, 'g');
/** Stands for a name of one's own. */
const PLACEHOLDER = /NAME/;

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text: string) =>
  all(text.replace(/^```.*?^```/gms, ''), /^#+ (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  test('names paths that exist', () => {
    expect(all(text, PATH).filter((path) => !PLACEHOLDER.test(path) && !existsSync(path))).toEqual([]);
  });

  test('links to files and headings that exist', () => {
    const links = all(text, /\]\((?!https?:)([^)\s]+)\)/g);
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(read(file)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    const scripts = all(text, /\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g);
    expect(scripts.filter((script) => !packageJson.scripts?.[script])).toEqual([]);
  });
});

test('README.md has at most 120 lines', () => {
  expect(read('README.md').split('\n').length - 1).toBeLessThanOrEqual(120);
});

test('CONTRIBUTING.md gives a reason for every dependency', () => {
  const { dependencies, devDependencies, optionalDependencies } = packageJson;
  const rows = (read('CONTRIBUTING.md').split('## Dependencies')[1] ?? '').match(/^\| `.*$/gm) ?? [];
  const explained = rows.flatMap((row) => all(row.split(' | ')[0] ?? '', /`([^`]+)`/g));
  const wanted = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(explained.sort()).toEqual(wanted.sort());
});

import { startCheck } from './check.ts';
import { startDownloads } from './downloads.ts';
import { startEvidence } from './evidence.ts';
import { startPlaces } from './places.ts';
import { readPage } from './read.ts';
import { startTable } from './table.ts';

// what the page shows without a script stays as it is when its data cannot be read
const page = readPage();
startCheck(page);
if (page) {
  document.documentElement.classList.add('script');
  startPlaces();
  startEvidence(page);
  startTable(page);
  startDownloads(page);
}

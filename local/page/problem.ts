import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { h } from 'preact';
import { plainPage } from './document.ts';
import { ProblemView } from './report-views.ts';

/** A page as it goes out. */
export const sendPage = (c: Context, html: string, status: ContentfulStatusCode = 200): Response =>
  c.html(html, status, { 'cache-control': 'no-store' });

/** A page that says why something could not be done or shown. @param back where it leads back to */
export const problem = (c: Context, status: ContentfulStatusCode, title: string, why: string, back: string): Response =>
  sendPage(c, plainPage(title, h(ProblemView, { title, why, back })), status);

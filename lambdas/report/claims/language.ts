import { franc } from 'franc-min';
import type { Language } from './words.ts';
export function languageOf(text: string): Language | undefined {
  return franc(text) === 'eng' ? 'en' : undefined;
}

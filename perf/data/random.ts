/** A repeatable whole number in 0 … below-1, from a seed and a step: a mix of both by multiplication and shifts. */
export function mixed(seed: number, step: number, below: number): number {
  let value = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return ((value ^ (value >>> 15)) >>> 0) % below;
}

const WORDS =
  'bus night path square market bridge school library river street tree bench light noise rent shop garden harbour council budget parking cycle lane sport hall theatre evening early cheap safe quiet wide narrow green old new public local weekly free shared open closed longer shorter more fewer should must could need want keep build mend move plant stop start pay ask tell because while before after near behind along every some most many people children neighbours visitors drivers owners tenants volunteers'.split(
    ' ',
  );

/** Repeatable prose of about so many characters. */
export function prose(seed: number, characters: number): string {
  let text = '';
  for (let step = 0; text.length < characters; step++) text += `${WORDS[mixed(seed, step, WORDS.length)]} `;
  return `${text.charAt(0).toUpperCase()}${text.slice(1, -1)}.`;
}

/** The size of a generated conversation. Participants of group g are those with pid % groups = g. */
export interface Shape {
  name: string;
  zid: number;
  comments: number;
  participants: number;
  votesEach: number;
  groups: number;
  /** topics of each layer, the finest first */
  topics: number[];
}

/** 5,000 comments, 1,000,000 votes, 51 topics: with the three global ones 54 sections. */
export const BIG: Shape = {
  name: 'big',
  zid: 70_001,
  comments: 5_000,
  participants: 20_000,
  votesEach: 50,
  groups: 5,
  topics: [36, 12, 3],
};

/** About the size that today's pipeline was timed with. */
export const SMALL: Shape = {
  name: 'small',
  zid: 70_002,
  comments: 197,
  participants: 490,
  votesEach: 100,
  groups: 2,
  topics: [12, 4, 2],
};

export const reportIdOf = (shape: Shape): string => `rbench${shape.name}${shape.zid}`;
export const ridOf = (shape: Shape): number => shape.zid + 1;

/** The group's leaning on a comment, in percent of agreement; every seventh comment is liked by all groups. */
export const LEANING_SQL = 'CASE WHEN tid % 7 = 0 THEN 88 ELSE (pid % $4::int * 31 + tid * 17) % 100 END';
/** Participants in a hundred who pass; every ninth comment leaves many unsure. */
export const PASSING_SQL = 'CASE WHEN tid % 9 = 0 THEN 30 ELSE 6 END';

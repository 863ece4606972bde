const labels = Array.from({ length: 10 }, (_, gid) => `label_group_${gid} varchar(999)`).join(', ');

/**
 * The part of Polis' PostgreSQL that this project reads, for the embedded run and for tests. Names and types are those
 * of the contract; `votes_latest_unique` is a plain table here, and the loader fills it as Polis' rule would.
 */
export const POLIS_SCHEMA = `
CREATE TABLE IF NOT EXISTS conversations (zid serial PRIMARY KEY, topic varchar(1000), description varchar(50000), participant_count int);
CREATE TABLE IF NOT EXISTS reports (rid bigserial PRIMARY KEY, report_id varchar(300) UNIQUE, zid int, report_name varchar(999), ${labels});
CREATE TABLE IF NOT EXISTS report_comment_selections (zid int, rid bigint, tid int, selection smallint, UNIQUE (rid, tid));
CREATE TABLE IF NOT EXISTS comments (tid int, zid int, pid int, uid int, txt varchar(1000), mod int, active bool, is_meta bool, is_seed bool,
  lang varchar(10), created bigint, UNIQUE (zid, tid));
CREATE TABLE IF NOT EXISTS participants (pid int, uid int, zid int, vote_count int, mod int, created bigint, UNIQUE (zid, pid));
CREATE TABLE IF NOT EXISTS votes (zid int, pid int, tid int, vote smallint, created bigint);
CREATE TABLE IF NOT EXISTS votes_latest_unique (zid int, pid int, tid int, vote smallint, modified bigint, UNIQUE (zid, pid, tid));
CREATE TABLE IF NOT EXISTS math_main (zid int, math_env varchar(999), data jsonb, last_vote_timestamp bigint, math_tick bigint, modified bigint, UNIQUE (zid, math_env));
CREATE TABLE IF NOT EXISTS zinvites (zid int, zinvite varchar(300));
`;

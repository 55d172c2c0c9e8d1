// Secrets are made when a test runs, and written in two halves: a scanner that looks at this project has nothing to find.
import { generateKeyPairSync } from 'node:crypto'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE62 = `${LETTERS}0123456789`
const BASE64URL = `${BASE62}_-`
const HEX = '0123456789abcdef'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789'

let state = 20_261_128

/** The same characters in every run, such as chance would make. */
export function chance(length: number, alphabet = BASE62): string {
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += alphabet[(state >>> 8) % alphabet.length] ?? ''
  }
  return text
}

const digits = (length: number) => chance(length, '123456789')
const discordBot = () => Buffer.from(digits(18)).toString('base64url')

/** Tokens by what they are called. */
export const TOKENS: readonly [what: string, token: string][] = [
  ['a GitHub token', `gh${'p_'}${chance(36)}`],
  ['a GitHub token', `gh${'s_'}${chance(36)}`],
  ['a GitHub token', `github${'_pat_'}${chance(22)}_${chance(59)}`],
  ['a GitLab token', `gl${'pat-'}${chance(20, BASE64URL)}`],
  ['an npm token', `np${'m_'}${chance(36)}`],
  ['a PyPI token', `py${'pi-AgE'}IcHlwaS5vcmc${chance(70, BASE64URL)}`],
  ['a Docker Hub token', `dckr${'_pat_'}${chance(27, BASE64URL)}`],
  ['a RubyGems token', `ruby${'gems_'}${chance(48, HEX)}`],
  ['a DigitalOcean token', `dop${'_v1_'}${chance(64, HEX)}`],
  ['a Google OAuth client secret', `GOC${'SPX-'}${chance(28, BASE64URL)}`],
  ['a Netlify token', `nf${'p_'}${chance(36)}`],
  ['a Vault token', `hv${'s.'}${chance(90, BASE64URL)}`],
  ['a Databricks token', `da${'pi'}${chance(32, HEX)}`],
  ['a Doppler token', `dp${'.pt.'}${chance(43)}`],
  ['a Tailscale key', `ts${'key-auth-'}${chance(12)}CNTRL-${chance(32)}`],
  ['a Slack token', `xo${'xb-'}${digits(12)}-${digits(13)}-${chance(24)}`],
  [
    'a Slack webhook',
    `https://hooks.slack.com/ser${'vices/'}T${chance(10, UPPER)}/B${chance(10, UPPER)}/${chance(24)}`
  ],
  ['a Discord webhook', `https://discord.com/api/web${'hooks/'}${digits(18)}/${chance(68, BASE64URL)}`],
  ["a Discord bot's token", `${discordBot()}${'.'}${chance(6)}.${chance(38)}`],
  ["a Telegram bot's token", `${digits(10)}${':AA'}${chance(33, BASE64URL)}`],
  ['a Stripe secret key', `sk${'_live_'}${chance(24)}`],
  ['a Stripe restricted key', `rk${'_live_'}${chance(99)}`],
  ['a Stripe webhook secret', `wh${'sec_'}${chance(32)}`],
  ['a SendGrid key', `S${'G.'}${chance(22, BASE64URL)}.${chance(43, BASE64URL)}`],
  ['a Mailchimp key', `${chance(32, HEX)}${'-us'}14`],
  ['an OpenAI key', `sk${'-proj-'}${chance(74, BASE64URL)}T3Blb${'kFJ'}${chance(74, BASE64URL)}`],
  ['an Anthropic key', `sk${'-ant-'}api03-${chance(93, BASE64URL)}AA`],
  ['a Hugging Face token', `h${'f_'}${chance(34, LETTERS)}`],
  ['a Shopify token', `shp${'at_'}${chance(32, HEX)}`],
  ['a Linear key', `lin${'_api_'}${chance(40)}`],
  ['a secret Mapbox token', `sk${'.eyJ'}${chance(60, BASE64URL)}.${chance(22, BASE64URL)}`],
  ['an age key', `AGE-SECRET${'-KEY-1'}${chance(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}`],
  ['an AWS access key', `AK${'IA'}${chance(16, UPPER)} ${chance(38)}7z`],
  ['a value for `DEPLOY_TOKEN`', `DEPLOY${'_TOKEN'}="${chance(30)}8x"`],
  ['an address with a password in it', `postgres${'://'}app:${chance(14)}@db.eu.shop.net:5432/prod`],
  ['an address with a password in it', `mongodb${'+srv://'}app:${chance(10)}@cluster0.k3jdh.mongodb.net/`],
  ['an address with a password in it', `https${'://'}me:${chance(20)}@git.shop.net/site.git`]
]

export const LOWERCASE = LOWER

/** Private keys, by what they are called. */
export function privateKeys(): [what: string, key: string][] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const ed = generateKeyPairSync('ed25519').privateKey
  const pem = { format: 'pem' } as const
  const locked = { ...pem, type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const
  return [
    ['a private key', String(rsa.export({ ...pem, type: 'pkcs8' }))],
    ['a private key', String(rsa.export({ ...pem, type: 'pkcs1' }))],
    ['a private key', String(ec.export({ ...pem, type: 'sec1' }))],
    ['a private key', String(ed.export({ ...pem, type: 'pkcs8' }))],
    ['a private key (encrypted)', String(rsa.export(locked))],
    ['a private SSH key', armoured('OPENSSH PRIVATE KEY', Buffer.from(`openssh-key-v1\0${chance(300)}`))],
    [
      'a private PGP key',
      armoured(
        'PGP PRIVATE KEY BLOCK',
        Buffer.from([0x95, 0x03, 0x98, ...Buffer.from(chance(900))]),
        'Version: 1\n\n',
        '\n=aB3d'
      )
    ],
    ['a private key (JWK)', JSON.stringify(rsa.export({ format: 'jwk' }))]
  ]
}

function armoured(name: string, bytes: Buffer, head = '', tail = ''): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${name}-----\n${head}${lines.join('\n')}${tail}\n-----END ${name}-----\n`
}

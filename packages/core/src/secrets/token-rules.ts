import type { SecretRule } from '../project/secret-rules.js'

/**
 * The format of a token, as its issuer documents it. It begins with `prefix`; the first group of `pattern` is its random part.
 * Each contains a run of at least RUN_LENGTH characters, see `long-runs.ts`.
 */
export interface TokenRule {
  rule: SecretRule
  what: string
  /** Has at least three characters. */
  prefix: string
  /** Anchored at the beginning of the text. */
  pattern: RegExp
}

const END = '(?![A-Za-z0-9_-])'

// Public keys are left out: Stripe's `pk_`, Google's `AIza` keys of web pages (Firebase, Maps), Algolia's
// search keys, Mapbox's `pk.`, Sentry's DSN, site keys of captchas. Stripe's test keys open nothing.
const FORMS: readonly [SecretRule, what: string, prefix: string, rest: string][] = [
  ['forge-token', 'a GitHub token', 'ghp_', '([A-Za-z0-9]{36,})'],
  ['forge-token', 'a GitHub token', 'gho_', '([A-Za-z0-9]{36,})'],
  ['forge-token', 'a GitHub token', 'ghu_', '([A-Za-z0-9]{36,})'],
  ['forge-token', 'a GitHub token', 'ghs_', '([A-Za-z0-9_.-]{36,})'],
  ['forge-token', 'a GitHub token', 'ghr_', '([A-Za-z0-9]{36,})'],
  ['forge-token', 'a GitHub token', 'github_pat_', '([A-Za-z0-9_]{60,})'],
  ['forge-token', 'a GitLab token', 'glpat-', '([A-Za-z0-9_-]{20,})'],
  ['forge-token', 'a GitLab token', 'glptt-', '([0-9a-f]{40})'],
  ['forge-token', 'a GitLab token', 'gldt-', '([A-Za-z0-9_-]{20,})'],
  ['forge-token', 'a GitLab token', 'glrt-', '([A-Za-z0-9_-]{20,})'],
  ['forge-token', 'a GitLab token', 'glcbt-', '([A-Za-z0-9_-]{20,})'],
  ['forge-token', 'a GitLab token', 'glsoat-', '([A-Za-z0-9_-]{20,})'],
  ['forge-token', 'a GitLab token', 'gloas-', '([A-Za-z0-9_-]{64})'],
  ['forge-token', 'a Bitbucket token', 'ATBB', '([A-Za-z0-9_=.-]{28,})'],
  ['forge-token', 'an Atlassian token', 'ATATT3', '([A-Za-z0-9_=-]{100,})'],
  ['forge-token', 'an npm token', 'npm_', `([A-Za-z0-9]{36})${END}`],
  ['forge-token', 'a PyPI token', 'pypi-AgE', '([A-Za-z0-9_-]{60,})'],
  ['forge-token', 'a RubyGems token', 'rubygems_', `([0-9a-f]{48})${END}`],
  ['forge-token', 'a NuGet key', 'oy2', `([a-z0-9]{43})${END}`],
  ['forge-token', 'a Clojars token', 'CLOJARS_', `([0-9a-z]{60})${END}`],
  ['forge-token', 'a Docker Hub token', 'dckr_pat_', '([A-Za-z0-9_-]{27})'],
  ['forge-token', 'a Docker Hub token', 'dckr_oat_', '([A-Za-z0-9_-]{32})'],
  ['cloud-key', 'a DigitalOcean token', 'dop_v1_', `([0-9a-f]{64})${END}`],
  ['cloud-key', 'a DigitalOcean token', 'doo_v1_', `([0-9a-f]{64})${END}`],
  ['cloud-key', 'a DigitalOcean token', 'dor_v1_', `([0-9a-f]{64})${END}`],
  ['cloud-key', 'a Google OAuth client secret', 'GOCSPX-', `([A-Za-z0-9_-]{28})${END}`],
  ['cloud-key', 'a Google OAuth access token', 'ya29.', '([A-Za-z0-9_-]{60,})'],
  ['cloud-key', 'a Netlify token', 'nfp_', '([A-Za-z0-9]{36})'],
  ['cloud-key', 'a Vercel token', 'vcp_', '([A-Za-z0-9]{24,})'],
  ['cloud-key', 'a Vercel Blob token', 'vercel_blob_rw_', '([A-Za-z0-9_]{30,})'],
  ['cloud-key', 'a Cloudflare origin key', 'v1.0-', '([0-9a-f]{24}-[0-9a-f]{146})'],
  ['cloud-key', 'a Cloudflare token', 'cfat_', '([A-Za-z0-9_-]{40,})'],
  ['cloud-key', 'a Cloudflare token', 'cfut_', '([A-Za-z0-9_-]{40,})'],
  ['cloud-key', 'a Heroku token', 'HRKU-', '([A-Za-z0-9_-]{36,})'],
  ['cloud-key', 'a Fly.io token', 'FlyV1 fm2_', '([A-Za-z0-9+/=,_-]{80,})'],
  ['cloud-key', 'a Databricks token', 'dapi', `([0-9a-f]{32})(?:-\\d)?${END}`],
  ['cloud-key', 'a Vault token', 'hvs.', '([A-Za-z0-9_-]{24,})'],
  ['cloud-key', 'a Vault token', 'hvb.', '([A-Za-z0-9_-]{80,})'],
  ['cloud-key', 'a Pulumi token', 'pul-', `([0-9a-f]{40})${END}`],
  [
    'cloud-key',
    'a Doppler token',
    'dp.',
    '(?:pt|st|sa|ct|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?([A-Za-z0-9]{40,44})'
  ],
  ['cloud-key', 'a Supabase token', 'sbp_', `([0-9a-f]{40})${END}`],
  ['cloud-key', 'a Supabase secret key', 'sb_secret_', '([A-Za-z0-9_-]{30,})'],
  ['cloud-key', 'a PlanetScale password', 'pscale_pw_', '([A-Za-z0-9_.-]{32,})'],
  ['cloud-key', 'a PlanetScale token', 'pscale_tkn_', '([A-Za-z0-9_.-]{32,})'],
  ['cloud-key', 'a Tailscale key', 'tskey-', '[a-z]+-([A-Za-z0-9]{8,}(?:CNTRL)?-[A-Za-z0-9]{20,})'],
  ['cloud-key', 'a 1Password service token', 'ops_eyJ', '([A-Za-z0-9_-]{200,})'],
  ['service-token', 'a Slack token', 'xoxb-', '(\\d{8,}-\\d{8,}(?:-\\d{8,})?-[A-Za-z0-9]{20,})'],
  ['service-token', 'a Slack token', 'xoxp-', '(\\d{8,}-\\d{8,}(?:-\\d{8,})?-[A-Za-z0-9]{20,})'],
  ['service-token', 'a Slack token', 'xoxa-', '(\\d{8,}-\\d{8,}(?:-\\d{8,})?-[A-Za-z0-9]{20,})'],
  ['service-token', 'a Slack token', 'xoxe.', '(?:xox[bp]-)?\\d-([A-Za-z0-9]{140,})'],
  ['service-token', 'a Slack token', 'xapp-', '\\d-([A-Z0-9]{8,}-\\d{8,}-[a-z0-9]{40,})'],
  [
    'service-token',
    'a Slack webhook',
    'hooks.slack.com/services/',
    '(T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{24})'
  ],
  ['service-token', 'a Discord webhook', 'discord.com/api/webhooks/', '(\\d{16,20}/[A-Za-z0-9_-]{60,})'],
  ['service-token', 'a Discord webhook', 'discordapp.com/api/webhooks/', '(\\d{16,20}/[A-Za-z0-9_-]{60,})'],
  ['service-token', 'a Stripe secret key', 'sk_live_', '([A-Za-z0-9]{20,})'],
  ['service-token', 'a Stripe restricted key', 'rk_live_', '([A-Za-z0-9]{20,})'],
  ['service-token', 'a Stripe webhook secret', 'whsec_', '([A-Za-z0-9+/]{32,}=?)'],
  ['service-token', 'a Square secret', 'sq0csp-', '([A-Za-z0-9_-]{43})'],
  ['service-token', 'a Shopify token', 'shpat_', `([0-9a-fA-F]{32})${END}`],
  ['service-token', 'a Shopify token', 'shpca_', `([0-9a-fA-F]{32})${END}`],
  ['service-token', 'a Shopify token', 'shppa_', `([0-9a-fA-F]{32})${END}`],
  ['service-token', 'a Shopify secret', 'shpss_', `([0-9a-fA-F]{32})${END}`],
  ['service-token', 'a SendGrid key', 'SG.', `([A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43})${END}`],
  ['service-token', 'a Brevo key', 'xkeysib-', '([0-9a-f]{64}-[A-Za-z0-9]{16})'],
  [
    'service-token',
    'an OpenAI key',
    'sk-',
    '((?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})'
  ],
  ['service-token', 'an Anthropic key', 'sk-ant-', '(?:api|admin|oat|ort|sid)\\d\\d-([A-Za-z0-9_-]{80,})'],
  ['service-token', 'an OpenRouter key', 'sk-or-v1-', `([0-9a-f]{64})${END}`],
  ['service-token', 'a Groq key', 'gsk_', `([A-Za-z0-9]{52})${END}`],
  ['service-token', 'an xAI key', 'xai-', `([A-Za-z0-9]{80})${END}`],
  ['service-token', 'a Perplexity key', 'pplx-', `([A-Za-z0-9]{48})${END}`],
  ['service-token', 'a Hugging Face token', 'hf_', `([A-Za-z]{34})${END}`],
  ['service-token', 'a Replicate token', 'r8_', `([A-Za-z0-9]{37})${END}`],
  ['service-token', 'a Grafana token', 'glsa_', '([A-Za-z0-9]{32}_[0-9A-Fa-f]{8})'],
  ['service-token', 'a Grafana token', 'glc_eyJ', '([A-Za-z0-9+/=]{40,})'],
  ['service-token', 'a New Relic key', 'NRAK-', `([A-Z0-9]{27})${END}`],
  ['service-token', 'a Sentry token', 'sntrys_eyJ', '([A-Za-z0-9+/=_-]{80,})'],
  ['service-token', 'a Sentry token', 'sntryu_', `([0-9a-f]{64})${END}`],
  ['service-token', 'a Linear key', 'lin_api_', `([A-Za-z0-9]{40})${END}`],
  ['service-token', 'a Notion token', 'ntn_', `([A-Za-z0-9]{43,})${END}`],
  ['service-token', 'a Figma token', 'figd_', '([A-Za-z0-9_-]{40,})'],
  ['service-token', 'a Postman key', 'PMAK-', `([0-9a-f]{24}-[0-9a-f]{34})${END}`],
  ['service-token', 'an Airtable token', 'pat', '([A-Za-z0-9]{14}\\.[0-9a-f]{64})'],
  ['service-token', 'a secret Mapbox token', 'sk.eyJ', '([A-Za-z0-9_-]{40,}\\.[A-Za-z0-9_-]{20,})'],
  ['private-key', 'an age key', 'AGE-SECRET-KEY-1', '([QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})']
]

export const TOKEN_RULES: readonly TokenRule[] = FORMS.map(([rule, what, prefix, rest]) => ({
  rule,
  what,
  prefix,
  pattern: new RegExp(`^${prefix.replace(/[.\\/]/g, '\\$&')}${rest}`)
}))

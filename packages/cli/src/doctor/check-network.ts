import { linkOf, type Release } from '@sitedrive/core'
import { listed, plural } from '@sitedrive/core/internal'
import type { NetworkFacts, SeedStanding, WebAddressFacts } from '@sitedrive/core/status'
import { describeSeed } from '../describe-status.js'
import { ok, problem, warning, type Check } from './check.js'

const DAY_MS = 24 * 3_600_000
/** Certificates of 90 days are usually made anew 30 days before they end. */
const SOON_DAYS = 14

const NETWORKS = {
  public: 'the public DHT',
  named: 'the DHT of SITEDRIVE_BOOTSTRAP',
  local: "this machine's own DHT"
} as const

/** @param isWebReached a mirror has answered, so this machine is not offline */
export function checkNetwork(
  { network, nodes, nat, sendProblem }: NetworkFacts,
  isWebReached: boolean
): Check[] {
  const where = NETWORKS[network]
  if (nodes === 0) return [unreached(where, network, sendProblem, isWebReached)]
  const reached = ok('network', `UDP goes out, and ${plural(nodes, 'node')} of ${where} answered.`)
  if (nat === 'random') {
    return [
      reached,
      warning(
        'nat',
        'The network gives each connection another port (a symmetric NAT): other machines behind such a NAT cannot connect to this one.',
        'Pin a seed that has a public address: readers then need not reach this machine.'
      )
    ]
  }
  return [
    reached,
    nat === 'consistent'
      ? ok('nat', 'Others see this machine at one address, so they can connect to it.')
      : ok('nat', 'How others see this machine was not told by enough nodes.')
  ]
}

function unreached(
  where: string,
  network: NetworkFacts['network'],
  sendProblem: string | null,
  isWebReached: boolean
): Check {
  if (sendProblem !== null) {
    return problem(
      'network',
      `No packet gets out to ${where}: ${sendProblem}.`,
      'Connect this machine to the network.'
    )
  }
  if (network !== 'public') {
    return problem(
      'network',
      `No node of ${where} answers.`,
      network === 'named'
        ? 'Compare SITEDRIVE_BOOTSTRAP with what its operator says, or unset it.'
        : 'Start `npx sitedrive peer --local` anew.'
    )
  }
  return problem(
    'network',
    isWebReached
      ? `The web is reached, and no node of ${where} answers: something on the way lets no UDP through.`
      : `No node of ${where} answers: this machine is offline, or something on the way lets no UDP through.`,
    'Let outgoing UDP pass the firewall, or publish from another network.'
  )
}

/**
 * @param confirm how many seeds must hold a release
 * @param isReached any node of the network has answered
 */
export function checkSeeds(seeds: readonly SeedStanding[], confirm: number, isReached: boolean): Check[] {
  if (seeds.length === 0) {
    return [
      warning(
        'seed',
        'No seed keeps this site online: who opens it needs this machine.',
        '`npx sitedrive peer` on a machine that stays up makes one; `npx sitedrive seeds add <key>` adds it here.'
      )
    ]
  }
  const isEnough = seeds.filter(({ state }) => state === 'holds').length >= confirm
  return seeds.map((seed) => {
    const what = `It ${describeSeed(seed)}.`
    if (seed.state === 'holds') return ok('seed', what, seed.key)
    if (!isReached)
      return warning('seed', 'It could not be asked: no network.', 'Mend the network first.', seed.key)
    const isMild = (isEnough && seed.state !== 'refused') || ['ahead', 'unknown'].includes(seed.state)
    return (isMild ? warning : problem)('seed', what, remedyOf(seed), seed.key)
  })
}

function remedyOf({ state, readBack }: SeedStanding): string {
  switch (state) {
    case 'ahead':
      return 'Build: the publish takes in what another machine published.'
    case 'offline':
      return 'Ask its operator whether it runs; `npx sitedrive seeds remove <key>` gives it up.'
    case 'refused':
      return 'Ask its operator to trust the publisher key that `npx sitedrive key show` prints.'
    case 'full':
      return 'Ask its operator for a larger quota.'
    case 'unknown':
      return 'Look at its status page, or ask its operator.'
    case 'holds':
    case 'behind':
      return readBack === false
        ? 'Tell its operator: it may have lost files. `npx sitedrive seeds remove <key>` gives it up.'
        : '`npx sitedrive publish --sync` hands it the rest.'
  }
}

/** @param newest the newest release of this machine; null: there is none */
export function checkWebAddresses(
  mirrors: readonly WebAddressFacts[],
  key: string,
  newest: Release | null,
  nowMs: number
): Check[] {
  return mirrors.flatMap((mirror) => {
    const certificate = checkCertificate(mirror, nowMs)
    return [checkOwn(mirror, key) ?? checkShown(mirror, newest), ...(certificate ? [certificate] : [])]
  })
}

function checkOwn({ url, key: shown }: WebAddressFacts, key: string): Check | null {
  if (shown === null || shown === key) return null
  return problem(
    'web address',
    `It shows another site: ${linkOf(shown)}.`,
    'Compare `mirror` in sitedrive.json with what the operator of the mirror says.',
    url
  )
}

function checkShown({ url, shown, status, problem: why }: WebAddressFacts, newest: Release | null): Check {
  if (why !== null) {
    return problem(
      'web address',
      `It does not answer: ${why}.`,
      'Ask the operator of the mirror; compare its address with `mirror` in sitedrive.json.',
      url
    )
  }
  if (!shown) {
    return newest
      ? problem(
          'web address',
          `It answers ${status}, and shows no release of a site.`,
          'Is it the address of this site? `npx sitedrive publish --sync` hands the newest release to the seeds again.',
          url
        )
      : ok('web address', `It answers ${status}; nothing has been published from this machine yet.`, url)
  }
  const { release, publishedAt } = shown
  if (newest?.release === release && newest.publishedAt !== publishedAt) {
    return problem(
      'web address',
      `It shows a release ${release} that is not the one of this machine.`,
      'Is it the address of this site? If another machine publishes it too, build: the publish takes that in.',
      url
    )
  }
  if (newest && release < newest.release) {
    return warning(
      'web address',
      `It shows release ${release}, and ${newest.release} is the newest.`,
      'A mirror goes on when it has all of a release. If it stays behind: `npx sitedrive publish --sync`.',
      url
    )
  }
  return ok('web address', `It shows release ${release}.`, url)
}

function checkCertificate(
  { url, certificateEndsMs, problem: why }: WebAddressFacts,
  nowMs: number
): Check | null {
  if (why !== null || certificateEndsMs === null) return null
  const days = Math.floor((certificateEndsMs - nowMs) / DAY_MS)
  const what = `Its certificate is valid for ${plural(Math.max(0, days), 'more day')}.`
  if (days >= SOON_DAYS) return ok('certificate', what, url)
  return warning('certificate', what, 'Look after what makes the certificate anew.', url)
}

/** `3 problems and 1 warning`; null: there is neither. */
export function countOf(checks: readonly Check[]): string | null {
  const counts = (['problem', 'warning'] as const).flatMap((level) => {
    const { length } = checks.filter((check) => check.level === level)
    return length === 0 ? [] : [plural(length, level)]
  })
  return counts.length === 0 ? null : listed(counts)
}

import type { PermissionFacts } from '@sitedrive/core'
import { formatBytes, listed, plural } from '@sitedrive/core/internal'
import type { Backup, DataDirectory, PluginFacts, StoreFacts, WebAddressFacts } from '@sitedrive/core/status'
import { ok, problem, warning, type Check } from './check.js'

/** A publish needs about 75 MB beside what it stores. Bytes. */
const LITTLE_SPACE = 500_000_000
const NO_SPACE = 50_000_000
/** A clock may differ so much from others'. Milliseconds. */
const CLOCK_OFF_MS = 2 * 60_000
/** Certificates and signed times are refused beyond about that. Milliseconds. */
const CLOCK_WRONG_MS = 24 * 3_600_000

export function checkDataDirectory({ dir, exists, writeProblem, freeBytes }: DataDirectory): Check[] {
  if (writeProblem !== null) {
    return [
      problem(
        'data directory',
        `\`${dir}\`, where keys and stores are kept, cannot be written: ${writeProblem}.`,
        'Mend its owner and permissions, or choose another place with SITEDRIVE_HOME.'
      )
    ]
  }
  const free = freeBytes === null ? '' : `, ${formatBytes(freeBytes)} free`
  const what = `\`${dir}\`${exists ? '' : ', which the first key makes'}${free}.`
  const remedy = 'Free some space on that disk, or move the data directory with SITEDRIVE_HOME.'
  if (freeBytes !== null && freeBytes < NO_SPACE)
    return [problem('data directory', `The disk is full: ${what}`, remedy)]
  if (freeBytes !== null && freeBytes < LITTLE_SPACE)
    return [warning('data directory', `The disk is nearly full: ${what}`, remedy)]
  return [ok('data directory', what)]
}

export function checkSecrets({ exposed, keys }: DataDirectory): Check[] {
  if (keys === 0) return []
  const [first] = exposed
  if (first === undefined) return [ok('secrets', `${plural(keys, 'secret')}, which nobody else can read.`)]
  return [
    problem(
      'secrets',
      `Other users of this machine can read ${plural(exposed.length, 'secret')}: \`${first}\`${exposed.length > 1 ? ' and others' : ''}. Who reads one can publish that site.`,
      `\`chmod 600 ${exposed.join(' ')}\``
    )
  ]
}

/** @param permission whether a build of this folder would be published */
export function checkKey(permission: PermissionFacts): Check {
  if (permission.kind !== 'skip') return ok('key', 'This folder may publish to the site of its key.')
  switch (permission.reason) {
    case 'not bound':
      return warning(
        'key',
        'This folder is none of those that publish to the site from this machine: it may be a clone or a copy, or it was moved.',
        '`npx sitedrive init` makes it one.'
      )
    case 'no secret':
      return warning(
        'key',
        'The secret of the key is not on this machine, so nothing is published from here.',
        '`npx sitedrive key restore` takes it in; in CI, set SITEDRIVE_SECRET.'
      )
    case 'other secret':
      return problem(
        'key',
        'SITEDRIVE_SECRET belongs to another site than the key of this folder.',
        'Set it to the secret of this site, or unset it.'
      )
    default:
      return warning('key', permission.message, 'Publish from where that is not so.')
  }
}

export function checkBackup({ state, checkedAt }: Backup): Check[] {
  const date = checkedAt?.slice(0, 10)
  switch (state) {
    case 'checked':
      return [ok('backup', `The backup of the key was checked on ${date}.`)]
    case 'none':
      return [
        warning(
          'backup',
          'There is no backup of the key: whoever loses this machine cannot publish here again.',
          '`npx sitedrive key backup` shows it as 24 words to write down.'
        )
      ]
    case 'unchecked':
      return [
        warning(
          'backup',
          'The secret is known outside this machine, and whether its backup is right was never checked here.',
          '`npx sitedrive key check` asks for three of its words.'
        )
      ]
    case 'no secret':
      return [] // `checkKey` says so
  }
}

/**
 * Compares the clock with those of mirrors, and with the last release.
 *
 * @param nowMs milliseconds since 1970
 */
export function checkClock(
  mirrors: readonly WebAddressFacts[],
  publishedAt: string | null,
  nowMs: number
): Check {
  const remedy = 'Let the system set its clock by the network (NTP).'
  const published = Date.parse(publishedAt ?? '')
  if (published > nowMs + CLOCK_OFF_MS) {
    return problem(
      'clock',
      `The clock says ${new Date(nowMs).toISOString()}, which is before the last release of this machine, ${publishedAt}.`,
      remedy
    )
  }
  const others = mirrors.map(({ aheadMs }) => aheadMs).filter((aheadMs) => aheadMs !== null)
  const [off] = others.toSorted((a, b) => Math.abs(a) - Math.abs(b))
  if (off === undefined)
    return ok(
      'clock',
      `The clock says ${new Date(nowMs).toISOString()}; no mirror answered to compare it with.`
    )
  const difference = `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'behind' : 'ahead of'} that of a mirror`
  if (Math.abs(off) > CLOCK_WRONG_MS) return problem('clock', `The clock is ${difference}.`, remedy)
  if (Math.abs(off) > CLOCK_OFF_MS) return warning('clock', `The clock is ${difference}.`, remedy)
  return ok('clock', 'The clock and that of a mirror agree.')
}

export function checkStore({ state, why }: StoreFacts, hasSeeds: boolean): Check {
  const detail = why === null ? '' : ` (${why.replace(/\.$/, '')})`
  switch (state) {
    case 'good':
      return ok('store', 'The store opens, was not copied, and has all that this machine signed.')
    case 'none':
      return ok('store', 'Nothing has been published from this machine yet.')
    case 'in use':
      return ok('store', 'The store opens. A publish runs, so it was not compared with what was signed.')
    case 'unfinished':
      return warning(
        'store',
        'The last publish did not end.',
        'Build again: the next publish goes on from there.'
      )
    case 'part':
      return warning(
        'store',
        'Only a part of the releases is on this machine.',
        '`npx sitedrive publish --sync`, or a build, fetches the rest from the seeds.'
      )
    case 'behind':
      return hasSeeds
        ? warning(
            'store',
            `The store lacks releases${detail}.`,
            'Build: the publish fetches them from the seeds before it signs anything.'
          )
        : problem(
            'store',
            `The store lacks releases, and no seed keeps them${detail}.`,
            'Put the newest copy of the data directory back. If it is lost: `npx sitedrive publish <dir> --accept-loss` goes on from here.'
          )
    case 'copied':
      return problem(
        'store',
        'The store was copied here from another machine or place. Two copies that both publish would destroy the site.',
        'Move this copy away and run `npx sitedrive key restore` here; or, if the original is never used again, publish once with `--accept-loss`.'
      )
    case 'head damaged':
      return problem(
        'store',
        `What this machine has signed is not known${detail}.`,
        'Remove that file, and publish with `--accept-loss`.'
      )
    case 'failed':
      return problem(
        'store',
        `The store cannot be read${detail}.`,
        'Close what else may have it open. If it is damaged: move it away, and build; with seeds the publish fetches the releases.'
      )
  }
}

export function checkGenerator(plugins: readonly PluginFacts[]): Check[] {
  return plugins.map(({ plugin, configs, isNamed }) => {
    const names = listed(configs.map((name) => `\`${name}\``))
    if (isNamed) return ok('generator', `The text of ${names} names \`${plugin}\`.`, plugin)
    return warning(
      'generator',
      configs.length === 0
        ? `\`${plugin}\` is a dependency of this project, and no config of its generator was found.`
        : `\`${plugin}\` is a dependency of this project, and the text of ${names} does not name it: builds are not published.`,
      'Add the plugin to the config, as its README shows. If another file adds it, all is well: only the text was looked at.',
      plugin
    )
  })
}

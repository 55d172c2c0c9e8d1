import { listKeys, showKey, SitedriveError } from '@sitedrive/core'
import { plural, printable } from '@sitedrive/core/internal'
import { addSeeds, listSeeds, removeSeeds, type PinnedSeeds } from '@sitedrive/core/status'
import { EXIT, type Session } from '@sitedrive/terminal'
import { stepsAfterSeed } from '../seed-steps.js'

export async function seedsList({ projectDir, env, screen }: Session): Promise<number> {
  const pinned = await listSeeds({ projectDir, env })
  screen.json(toJson(pinned))
  if (screen.isJson) return EXIT.done
  for (const { key, webAddress } of pinned.seeds) {
    screen.print(key)
    if (webAddress !== null) screen.print(`  ${printable(webAddress)}`)
  }
  if (pinned.seeds.length === 0)
    screen.info(
      'No seed keeps this site online: it is on this machine only. `npx sitedrive seeds add <key>` adds one.'
    )
  else screen.info(describeConfirm(pinned))
  return EXIT.done
}

export async function seedsAdd({ projectDir, env, screen }: Session, keys: string[]): Promise<number> {
  const { changed, ...pinned } = await addSeeds({ projectDir, env }, keys)
  screen.json({ ...toJson(pinned), added: changed })
  screen.print(
    changed.length > 0
      ? `Added ${plural(changed.length, 'seed')}; this site has ${pinned.seeds.length}.`
      : 'No change: this site has that seed already.'
  )
  if (changed.length === 0) return EXIT.done
  const publisherKey = await publisherKeyOf(projectDir, env)
  const release = listKeys(env).find(({ key }) => key === pinned.key)?.release ?? 0
  for (const line of stepsAfterSeed({ publisherKey, release })) screen.print(line)
  return EXIT.done
}

export async function seedsRemove({ projectDir, env, screen }: Session, keys: string[]): Promise<number> {
  const { changed, isConfirmLowered, ...pinned } = await removeSeeds({ projectDir, env }, keys)
  screen.json({ ...toJson(pinned), removed: changed })
  const left = pinned.seeds.length
  screen.print(
    left > 0
      ? `Removed ${plural(changed.length, 'seed')}; this site has ${left}.`
      : 'Removed the last seed: the next release is on this machine only.'
  )
  if (isConfirmLowered && left > 0) screen.print(`\`confirm\` is ${pinned.confirm} now.`)
  screen.print('A seed keeps what it has until its operator removes it; publishes do not ask it any more.')
  return EXIT.done
}

function toJson({ key, seeds, confirm }: PinnedSeeds): object {
  return {
    key,
    confirm,
    seeds: seeds.map(({ key: seed, webAddress }) => ({ key: seed, mirror: webAddress }))
  }
}

function describeConfirm({ seeds, confirm }: PinnedSeeds): string {
  const { length } = seeds
  const holder = length === 1 ? 'it holds' : `${confirm} of them ${confirm === 1 ? 'holds' : 'hold'}`
  return `${plural(length, 'seed')}; a publish counts when ${holder} the release. \`npx sitedrive status\` asks what ${length === 1 ? 'it holds' : 'they hold'}.`
}

/** The key that an operator trusts; null when this machine does not have the secret. */
async function publisherKeyOf(projectDir: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    return (await showKey({ projectDir, env })).publisherKey
  } catch (error) {
    if (error instanceof SitedriveError && error.code === 'NO_SECRET') return null
    throw error
  }
}

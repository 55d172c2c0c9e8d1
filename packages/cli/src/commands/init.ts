import { initProject, linkOf, type InitializedProject } from '@sitedrive/core'
import { plural, printable, PROJECT_FILE } from '@sitedrive/core/internal'
import { EXIT, yesNoPrompt, type Session } from '@sitedrive/terminal'
import { stepsAfterSeed } from '../seed-steps.js'

export interface InitFlags {
  name?: string
  seed?: string[]
  mirror?: string
  new?: boolean
  yes?: boolean
}

function nextSteps(initialized: InitializedProject, hasNewSeeds: boolean): string[] {
  if (hasNewSeeds) return stepsAfterSeed(initialized)
  return initialized.did === 'minted' ? ['Next: build the site, then `npx sitedrive publish <dir>`.'] : []
}

export async function init(session: Session, flags: InitFlags): Promise<number> {
  const { projectDir, env, screen, signal } = session
  const initialized = await initProject(
    { projectDir, env, signal },
    {
      name: flags.name,
      seeds: flags.seed ?? [],
      mirror: flags.mirror,
      replaceKey: flags.new ?? false,
      confirm: flags.yes ? async () => true : await yesNoPrompt(session)
    }
  )
  const { project, did, webAddress } = initialized
  const { key, name = null, seeds } = project
  screen.json({ key, link: linkOf(key), name, seeds, mirror: webAddress, isNew: did === 'minted' })
  screen.print(
    {
      minted: `Made a key and wrote it to ${PROJECT_FILE}. Commit that file: it holds no secret.`,
      bound: 'This folder carries the key of a site of yours; it publishes to it from now on.',
      recalled: `This folder published to this site before; ${PROJECT_FILE} names it again. Commit that file. Seeds have to be added again: \`sitedrive seeds add <key>\`.`,
      edited: `Wrote ${PROJECT_FILE}.`,
      nothing: 'This folder was set up already; nothing was changed.'
    }[did]
  )
  if (name !== null) screen.print(`Name: ${printable(name)}`)
  if (seeds.length > 0) screen.print(`${plural(seeds.length, 'seed')}: ${seeds.join(', ')}`)
  if (did === 'minted') {
    screen.print(
      'Whoever loses the secret cannot publish here again: `npx sitedrive key backup` shows it as 24 words.'
    )
  }
  for (const line of nextSteps(initialized, (flags.seed ?? []).length > 0)) screen.print(line)
  if (webAddress !== null) screen.print(printable(webAddress))
  screen.print(linkOf(key))
  return EXIT.done
}

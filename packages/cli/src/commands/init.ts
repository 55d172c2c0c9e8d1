import { initProject, linkOf } from '@sitedrive/core'
import { plural, printable, PROJECT_FILE } from '@sitedrive/core/internal'
import { EXIT, yesNoPrompt, type Session } from '@sitedrive/terminal'

export interface InitFlags {
  name?: string
  seed?: string[]
  mirror?: string
  new?: boolean
  yes?: boolean
}

export async function init(session: Session, flags: InitFlags): Promise<number> {
  const { projectDir, env, screen, signal } = session
  const { project, did } = await initProject(
    { projectDir, env, signal },
    {
      name: flags.name,
      seeds: flags.seed ?? [],
      mirror: flags.mirror,
      replaceKey: flags.new ?? false,
      confirm: flags.yes ? async () => true : await yesNoPrompt(session)
    }
  )
  const { key, name = null, seeds, mirror = null } = project
  screen.json({ key, link: linkOf(key), name, seeds, mirror, isNew: did === 'minted' })
  screen.print(
    {
      minted: `Made a key and wrote it to ${PROJECT_FILE}. Commit that file: it holds no secret.`,
      bound: 'This folder carries the key of a site of yours; it publishes to it from now on.',
      edited: `Wrote ${PROJECT_FILE}.`,
      nothing: 'This folder was set up already; nothing was changed.'
    }[did]
  )
  if (name !== null) screen.print(`Name: ${printable(name)}`)
  if (mirror !== null) screen.print(`Mirror: ${printable(mirror)}`)
  if (seeds.length > 0) screen.print(`${plural(seeds.length, 'seed')}: ${seeds.join(', ')}`)
  if (did === 'minted') {
    screen.print(
      'Whoever loses the secret cannot publish here again: `sitedrive key backup` shows it as 24 words.'
    )
    screen.print('Next: build the site, then `sitedrive publish <dir>`.')
  }
  screen.print(linkOf(key))
  return EXIT.done
}

import { until } from '@sitedrive/testing'
import { Workbench, type Started } from './workbench.js'

export async function stop(started: Started): Promise<void> {
  started.kill('SIGTERM')
  await started.ended
}

/** The JSON line of a command that runs. */
export async function lineOf<T>(started: Started): Promise<T> {
  await until(() => started.stdout().includes('\n'), { describe: started.stderr, timeoutMs: 60_000 })
  return JSON.parse(started.stdout().split('\n')[0] ?? '') as T
}

/** A site of an author with a seed in this process's network. */
export async function siteOnline(
  bootstrap: string,
  more: Record<string, string> = {},
  prepare: (author: Workbench) => void = () => {}
) {
  const env = { SITEDRIVE_BOOTSTRAP: bootstrap }
  const author = new Workbench({ 'dist/index.html': '<h1>Online</h1>', ...more })
  await author.hasKey()
  const shown = await author.json('key', 'show')
  const seed = await startSeed(String(shown.value['publisherKey']), bootstrap)
  await author.did('init', '--seed', seed.key, '--yes')
  const publish = async (files: Record<string, string> = {}) => {
    author.write(files)
    const { exitCode, stderr } = await author.with(env, 'publish', 'dist')
    if (exitCode !== 0) throw new Error(stderr)
  }
  prepare(author)
  await publish()
  return { author, link: author.link, publish, goOffline: seed.stop }
}

/** Starts a peer that keeps the sites of a publisher. */
export async function startSeed(publisherKey: string, bootstrap: string) {
  const seed = new Workbench().start(['--json', 'peer', '--port', '0', '--trust', publisherKey], {
    env: { SITEDRIVE_BOOTSTRAP: bootstrap }
  })
  const { key } = await lineOf<{ key: string }>(seed)
  return { key, stop: () => stop(seed) }
}

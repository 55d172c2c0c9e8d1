import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment, localDht, until } from '@sitedrive/testing'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ask, readyOf, untilShows } from './support/live-commands.js'
import { canIsolate, ip, ipSays } from './support/namespaces.js'
import { MAIN, started, Workbench, type Started } from './support/workbench.js'

const LONG = { tags: 'long', timeout: 400_000 }
/** A connection that hears nothing is given up after some 20 s. */
const SLEEP_MS = 35_000
const PATIENCE = { timeoutMs: 120_000 }

/** What a process says from now on. */
function fromHere(started: Started): () => string {
  const before = started.stderr().length
  return () => started.stderr().slice(before)
}

async function untilHears(said: () => string, pattern: RegExp): Promise<RegExpExecArray> {
  return until(() => pattern.exec(said()), { ...PATIENCE, describe: said })
}

/** Waits for what is the fault itself: that so much time goes by. */
async function passes(ms: number): Promise<void> {
  const end = Date.now() + ms
  await until(() => Date.now() >= end, { timeoutMs: ms + 60_000 })
}

const connected = /Connected to the author.* · updated (\d+) (s|min) ago/

/** The age that a status line tells. Seconds. */
function ageIn([, number, unit]: RegExpExecArray): number {
  return Number(number) * (unit === 'min' ? 60 : 1)
}

/** What a preview knows of its author, as it tells browsers. */
async function authorAt(url: string): Promise<{ online: boolean; updatedAt: string }> {
  const { body } = await fetch(new URL('/.well-known/sitedrive/events?since=', url))
  let text = ''
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString()
    const [, data] = /^event: status\ndata: (.*)\n\n/m.exec(text) ?? []
    if (data !== undefined)
      return (JSON.parse(data) as { author: { online: boolean; updatedAt: string } }).author
  }
  throw new Error(`no status: ${text}`)
}

describe.skipIf(process.platform === 'win32')('a machine that sleeps', LONG, () => {
  async function twoMachines() {
    const { variable } = await localDht()
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const author = new Workbench({ 'dist/index.html': 'One' })
    const watch = author.start(['--json', 'watch', 'dist'], { env })
    const { link } = await readyOf(watch)
    const preview = new Workbench().start(['--json', 'preview', link], { env })
    const { url } = await readyOf(preview)
    await untilShows(url, 'One')
    await untilHears(preview.stderr, connected)
    return { author, watch, preview, url }
  }

  test('and is the author’s: it is offline, the old page stays, and its next edit is shown without a restart', async () => {
    const { author, watch, preview, url } = await twoMachines()
    const said = fromHere(preview)
    watch.kill('SIGSTOP')
    await untilHears(said, /The author is offline: showing what was fetched before · updated/)
    await passes(SLEEP_MS)
    expect((await ask(url)).body).toContain('One')
    expect(said()).not.toContain('Connected to the author')

    watch.kill('SIGCONT')
    author.write({ 'dist/index.html': 'Two' })
    await until(async () => (await ask(url)).body.includes('Two'), { ...PATIENCE, describe: said })
    await untilHears(said, connected)
  })

  test('and is the reader’s: awake again it shows the newest of three edits, and tells how old that is', async () => {
    const startedAt = Date.now()
    const { author, watch, preview, url } = await twoMachines()
    const said = fromHere(preview)
    const edits = fromHere(watch)
    preview.kill('SIGSTOP')
    let editedAt = 0
    for (const [n, text] of ['Two', 'Three', 'Four'].entries()) {
      editedAt = Date.now()
      author.write({ 'dist/index.html': text })
      await until(() => edits().split('1 changed').length > n + 1, { describe: edits })
    }
    const writtenAt = Date.now()
    await passes(SLEEP_MS)

    const wokenAt = Date.now()
    preview.kill('SIGCONT')
    await until(async () => (await ask(url)).body.includes('Four'), { ...PATIENCE, describe: said })
    // The connection was given up meanwhile, so the line is told anew, perhaps before the newest page has come.
    const age = ageIn(await untilHears(said, connected))
    expect(age).toBeGreaterThanOrEqual(Math.floor((wokenAt - writtenAt) / 1000) - 1)
    expect(age).toBeLessThanOrEqual(Math.ceil((Date.now() - startedAt) / 1000))
    const { updatedAt } = await until(async () => {
      const author = await authorAt(url)
      return author.online && author
    }, PATIENCE)
    expect(Date.parse(updatedAt)).toBeGreaterThanOrEqual(editedAt)
    expect(Date.parse(updatedAt)).toBeLessThanOrEqual(writtenAt)
  })
})

const DHT = fileURLToPath(new URL('support/dht-at.mjs', import.meta.url))

describe.skipIf(!canIsolate)('a network that is cut for a minute', LONG, () => {
  // Names of this process alone: others may test on this machine, too.
  const space = `sitedrive-${process.pid}`
  const [here, there] = [`sd${process.pid}a`, `sd${process.pid}b`]
  const net = `10.213.${process.pid % 250}`

  beforeEach(() => {
    ip(`netns add ${space}`)
    onTestFinished(() => void ipSays('netns', 'delete', space)) // and its end of the cable, and so the other one
    ip(`link add ${here} type veth peer name ${there} netns ${space}`)
    ip(`address add ${net}.1/24 dev ${here}`)
    ip(`link set ${here} up`)
    ip(`-n ${space} address add ${net}.2/24 dev ${there}`)
    ip(`-n ${space} link set ${there} up`)
    ip(`-n ${space} link set lo up`)
  })

  /** Runs something on the other machine. */
  function onAuthor(script: string, words: string[], env: Record<string, string>, cwd = '/'): Started {
    const child = spawn('ip', ['netns', 'exec', space, process.execPath, script, ...words], {
      cwd,
      env: cleanEnvironment(env)
    })
    return started(child)
  }

  test('leaves the old page there, says that the author is offline, and brings what was edited meanwhile', async () => {
    const dht = onAuthor(DHT, [`${net}.2`], {})
    await until(() => dht.stdout().includes('\n'), { describe: dht.stderr })
    const env = { SITEDRIVE_BOOTSTRAP: dht.stdout().trim() }
    const author = new Workbench({ 'dist/index.html': 'One' })
    const watch = onAuthor(
      MAIN,
      ['--json', 'watch', 'dist'],
      { ...env, SITEDRIVE_HOME: author.home },
      author.project
    )
    const { link } = await readyOf(watch)
    const preview = new Workbench().start(['--json', 'preview', link], { env })
    const { url } = await readyOf(preview)
    await untilShows(url, 'One')
    await untilHears(preview.stderr, connected)

    const said = fromHere(preview)
    ip(`link set ${here} down`)
    const cutAt = Date.now()
    author.write({ 'dist/index.html': 'Two' })
    await untilHears(said, /The author is offline: showing what was fetched before · updated/)
    await passes(Math.max(0, cutAt + 60_000 - Date.now()))
    expect((await ask(url)).body).toContain('One')

    ip(`link set ${here} up`)
    await until(async () => (await ask(url)).body.includes('Two'), { ...PATIENCE, describe: said })
    await untilHears(said, connected)
  })
})

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment, until } from '@sitedrive/testing'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { readyOf } from './support/live-commands.js'
import { canIsolate, ip, ipSays } from './support/namespaces.js'
import { MAIN, started, Workbench, type Started } from './support/workbench.js'

// It needs root and network namespaces. On loopback, the tests of core's `lan-discovery` show the parts of it.
describe.skipIf(!canIsolate)(
  'two machines on one cable, without internet and without a bootstrap node',
  () => {
    // Names of this process alone: others may test on this machine, too.
    const [here, there] = [`sitedrive-${process.pid}-a`, `sitedrive-${process.pid}-b`]

    beforeEach(() => {
      for (const space of [here, there]) {
        ip(`netns add ${space}`)
        onTestFinished(() => void ipSays('netns', 'delete', space))
      }
      ip(`-n ${here} link add eth0 type veth peer name eth0 netns ${there}`)
      for (const [at, space] of [here, there].entries()) {
        ip(`-n ${space} address add 192.168.213.${at + 1}/24 dev eth0`)
        ip(`-n ${space} link set lo up`)
        ip(`-n ${space} link set eth0 up`)
      }
    })

    /** Runs a program on one of the machines. */
    function on(space: string, program: string, words: string[], machine: Workbench, env = {}): Started {
      const child = spawn('ip', ['netns', 'exec', space, program, ...words], {
        cwd: machine.project,
        env: cleanEnvironment({ SITEDRIVE_HOME: machine.home, ...env })
      })
      return started(child)
    }

    const sitedrive = (space: string, machine: Workbench, words: string[], env = {}) =>
      on(space, process.execPath, [MAIN, '--json', ...words], machine, env)

    /** Waits until a page that is served on the machine there has a text in it, as `curl` gets it. */
    async function untilShows(url: string, text: string, said: () => string): Promise<void> {
      const { hostname, port } = new URL(url)
      const words = ['netns', 'exec', there, 'curl', '-s', '--max-time', '5']
      words.push('--resolve', `${hostname}:${port}:127.0.0.1`, url)
      await until(() => spawnSync('ip', words, { encoding: 'utf8' }).stdout.includes(text), {
        describe: said
      })
    }

    test('find each other: a preview shows what the author writes, and what they edit', async () => {
      const author = new Workbench({ 'dist/index.html': 'One' })
      const watch = sitedrive(here, author, ['watch', 'dist'])
      const { link } = await readyOf(watch)
      const preview = sitedrive(there, new Workbench(), ['preview', link])
      const { key, url } = await readyOf(preview)
      expect(link).toContain(key)
      await untilShows(url, 'One', preview.stderr)
      author.write({ 'dist/index.html': 'Two' })
      await untilShows(url, 'Two', preview.stderr)
    })

    test('find each other again when the cable is back', { tags: 'long', timeout: 400_000 }, async () => {
      const author = new Workbench({ 'dist/index.html': 'One' })
      const { link } = await readyOf(sitedrive(here, author, ['watch', 'dist']))
      const preview = sitedrive(there, new Workbench(), ['preview', link])
      const { key, url } = await readyOf(preview)
      expect(link).toContain(key)
      await untilShows(url, 'One', preview.stderr)
      ip(`-n ${here} link set eth0 down`)
      author.write({ 'dist/index.html': 'Two' })
      await until(() => preview.stderr().includes('The author is offline: showing'), {
        timeoutMs: 120_000,
        describe: preview.stderr
      })
      ip(`-n ${here} link set eth0 up`)
      await untilShows(url, 'Two', preview.stderr)
    })

    test('find each other: a site is published to a seed, and read by somebody else', async () => {
      const author = await new Workbench({ 'dist/index.html': '<h1>In the village</h1>' }).hasKey()
      const { publisherKey } = (await author.json('key', 'show')).value
      const peer = sitedrive(there, new Workbench(), ['peer', '--port', '0', '--trust', String(publisherKey)])
      await until(() => peer.stdout().includes('\n'), { describe: peer.stderr })
      const { key } = JSON.parse(peer.stdout()) as { key: string }
      await author.did('init', '--seed', key, '--yes')
      const published = await sitedrive(here, author, ['publish', 'dist']).ended
      expect(JSON.parse(published.stdout), published.stderr).toMatchObject({
        release: 1,
        seeds: [{ confirmed: true }]
      })
      const reader = new Workbench()
      const cloned = await sitedrive(here, reader, ['clone', author.link, 'copy']).ended
      expect(cloned.exitCode, cloned.stderr).toBe(0)
      expect(readFileSync(path.join(reader.project, 'copy/index.html'), 'utf8')).toBe(
        '<h1>In the village</h1>'
      )
    })

    test('do not when one of them does not ask the local network', async () => {
      const author = new Workbench({ 'dist/index.html': 'One' })
      const { link } = await readyOf(sitedrive(here, author, ['watch', 'dist']))
      const env = { SITEDRIVE_DEBUG: 'network' }
      const quiet = sitedrive(there, new Workbench(), ['preview', link], { SITEDRIVE_LAN: '0', ...env })
      const asking = sitedrive(there, new Workbench(), ['preview', link], env)
      await until(() => asking.stderr().includes('connected to peer'), { describe: asking.stderr })
      await until(() => quiet.stderr().includes('the DHT has not answered'), { describe: quiet.stderr })
      expect(quiet.stderr()).not.toContain('connected to peer')
      expect(quiet.stderr()).not.toContain('in the local network')
    })
  }
)

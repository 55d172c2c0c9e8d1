import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { localDht, readFolder, temporaryFolder, until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { readyOf } from './support/live-commands.js'
import { STRANGER, Workbench, type Started } from './support/workbench.js'

const SITE = { 'dist/index.html': '<title>Home</title>One' }
/** Nobody answers there. */
const NOBODY = { SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' }

interface Ready {
  key: string
  url: string
}

async function ready(started: Started): Promise<Ready> {
  await until(() => started.stdout().includes('\n'), { describe: started.stderr })
  return JSON.parse(started.stdout()) as Ready
}

describe('status', () => {
  test('tells what this machine knows, and `sitedrive` alone does the same in a project; both change nothing', async () => {
    const bench = await new Workbench(SITE).hasKey()
    const fresh = await bench.run('status')
    expect([fresh.exitCode, fresh.stdout]).toEqual([
      0,
      `${bench.link}

Nothing has been published yet: \`npx sitedrive publish <dir>\`.
dist: 1 file is not as published; \`npx sitedrive review\` shows what.
No seed keeps this site online: it is on this machine only. \`npx sitedrive seeds add <key>\` adds one.
No backup of the key: whoever loses this machine cannot publish here again. \`npx sitedrive key backup\`
`
    ])
    await bench.did('init', '--name', 'My blog')
    await bench.hasPublished()
    const before = readFolder(bench.home)
    expect((await bench.run('--no-color')).stdout).toMatch(
      /^My blog\nhyper:.*\n\nRelease 1, \d{4}-\d\d-\d\d \d\d:\d\d, 1 file, \d+ B\n {2}1 new page: “Home”\ndist: as published\.\n/
    )
    expect(readFolder(bench.home)).toEqual(before)
    expect(await bench.json()).toMatchObject({ exitCode: 0, value: { key: bench.key, name: 'My blog' } })

    bench.write({ 'dist/index.html': 'Two', 'dist/other.html': 'New', 'out/index.html': 'Another' })
    expect((await bench.run('status')).stdout).toContain(
      'Which folder the site is built to is not known: there are `dist`, `out`.'
    )
    rmSync(path.join(bench.project, 'out'), { recursive: true })
    const { value } = await bench.json('status')
    expect(value).toEqual({
      key: bench.key,
      link: bench.link,
      name: 'My blog',
      mirror: null,
      release: {
        release: 1,
        publishedAt: expect.stringMatching(/^\d{4}-/),
        generator: null,
        files: 1,
        bytes: 22,
        words: '1 new page: “Home”'
      },
      releaseProblem: null,
      cannotPublish: null,
      folder: { dir: 'dist', changes: 2, problem: null },
      confirm: 0,
      seeds: [],
      backup: { state: 'none', checkedAt: null },
      running: []
    })
  })

  test('is for a project: elsewhere `sitedrive` shows its help, and `status` says what to do', async () => {
    const bench = new Workbench()
    const alone = await bench.run()
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining('Usage: sitedrive')])
    const named = await bench.json('status')
    expect([named.exitCode, named.value.error?.code]).toEqual([1, 'NO_PROJECT'])
    await bench.hasKey()
    const elsewhere = Object.assign(new Workbench(), { home: bench.home })
    expect((await elsewhere.run('--project', bench.project)).stdout).toContain(bench.link)
  })

  test('in a copy of the project says that nothing is published from there, why, and what to do', async () => {
    const bench = await new Workbench(SITE).hasPublished()
    const copy = bench.clone(SITE)
    const why = `This folder cannot publish: \`${copy.project}\` is not a folder of \`${bench.key}\` on this machine. The site is published from \`${bench.project}\`. To make it one: \`npx sitedrive init\`.\n`
    expect((await copy.run('status')).stdout).toContain(why)
    expect((await copy.json('status')).value['cannotPublish']).toMatchObject({ reason: 'not bound' })
    await copy.did('init')
    expect((await copy.run('status')).stdout).not.toContain('This folder cannot publish')
    expect((await copy.with({ SITEDRIVE_SECRET: 'one two' }, 'status')).stdout).toContain(
      'This folder cannot publish: '
    )
  })

  test('tells how far the backup of the key is', async () => {
    const bench = await new Workbench(SITE).hasKey()
    await bench.did('key', 'backup')
    expect((await bench.run('status')).stdout).toContain(
      'no backup was checked here: `npx sitedrive key check`'
    )
    writeFileSync(bench.state('backup-check.json'), JSON.stringify({ checkedAt: '2026-03-02T12:00:00.000Z' }))
    expect((await bench.run('status')).stdout).toContain('Backup of the key checked on 2026-03-02.')
    expect((await bench.elsewhere().run('status')).stdout).toMatch(
      /This folder cannot publish: this machine does not hold the secret of[^]*This machine holds no releases of/
    )
  })

  test('names the process that shows the project live, and where', async () => {
    const bench = await new Workbench(SITE).hasKey()
    const watch = bench.start(['--json', 'watch', 'dist'], { env: NOBODY })
    const { url } = await readyOf(watch)
    const { value } = await bench.json('status')
    expect(value['running']).toEqual([
      {
        kind: 'preview',
        pid: watch.pid,
        command: expect.stringContaining('watch dist'),
        since: expect.any(String),
        url
      }
    ])
    expect((await bench.run('status')).stdout).toContain(`pid ${watch.pid}) since `)
    watch.kill('SIGKILL')
    await watch.ended
    expect((await bench.json('status')).value['running']).toEqual([])
  })

  test(
    'without a network tells all else, says why no seed was asked, and ends with 0',
    { tags: 'long' },
    async () => {
      const bench = await new Workbench(SITE).hasPublished()
      await bench.did('seeds', 'add', STRANGER)
      const began = performance.now()
      const { exitCode, stdout } = await bench.with(NOBODY, 'status')
      expect(performance.now() - began).toBeLessThan(14_000)
      expect(exitCode).toBe(0)
      expect(stdout).toContain('Release 1, ')
      expect(stdout).toContain(
        `Seed ${STRANGER.slice(0, 8)}… was not reached: no node of the network answers.`
      )
    }
  )

  test('asks each seed what it holds, reads blocks back, and says who is behind, away or refuses', async () => {
    const { variable } = await localDht()
    const bench = await new Workbench(SITE).hasKey()
    const { publisherKey } = (await bench.json('key', 'show')).value
    const dir = temporaryFolder()
    const env = { SITEDRIVE_BOOTSTRAP: variable }
    const words = ['--json', 'peer', '--port', '0', '--dir']
    const peer = bench.start([...words, dir, '--trust', String(publisherKey)], { env })
    const other = bench.start([...words, temporaryFolder()], { env })
    const { key, url } = await ready(peer)
    const { key: refusing } = await ready(other)
    await bench.did('seeds', 'add', key, refusing, STRANGER)
    // Before anything was published, too.
    const { value: none } = await bench.json('--bootstrap', variable, 'status')
    expect(none['seeds']).toMatchObject([{ state: 'behind', release: 0 }, {}, {}])

    await bench.did('--bootstrap', variable, 'publish', 'dist')
    const { exitCode, value } = await bench.json('--bootstrap', variable, 'status')
    expect(exitCode).toBe(0)
    expect(value['seeds']).toEqual([
      { key, state: 'holds', release: 1, readBack: true, problem: null },
      {
        key: refusing,
        state: 'refused',
        release: null,
        readBack: null,
        problem: expect.stringContaining('trust')
      },
      { key: STRANGER, state: 'offline', release: null, readBack: null, problem: 'It is not online.' }
    ])
    expect(value['mirror']).toBe(url.replace('localhost', `${bench.key}.localhost`))
    // Nobody who asks is told to be the publisher where the secret is not, and it works all the same.
    const { value: elsewhere } = await bench.elsewhere().json('--bootstrap', variable, 'status')
    expect(elsewhere['seeds']).toMatchObject([
      { state: 'unknown' },
      { state: 'unknown' },
      { state: 'offline' }
    ])

    peer.kill('SIGTERM')
    await peer.ended
    bench.write({ 'dist/index.html': 'Two' })
    await bench.run('--bootstrap', variable, 'publish', 'dist')
    const again = bench.start([...words, dir], { env })
    await ready(again)
    const behind = await bench.with(env, 'status')
    expect(behind.stdout).toMatch(/^0 of 3 seeds hold release 2, and 1 should:$/m)
    expect(behind.stdout).toContain(
      `  ${key.slice(0, 8)}… is behind: holds release 1; blocks of it were read back. \`npx sitedrive publish --sync\` hands it the rest.`
    )
    expect(behind.stdout).toMatch(/… refuses: it does not keep/)
    // Asking handed nothing over.
    expect((await bench.json('--bootstrap', variable, 'status')).value['seeds']).toMatchObject([
      { state: 'behind', release: 1 },
      {},
      {}
    ])
    // A publish that runs is told of, and keeps its connections: the seed is asked by somebody whom it does not know.
    await bench.did('seeds', 'remove', refusing, STRANGER)
    const holder = await bench.holdLock()
    const { value: meanwhile } = await bench.json('--bootstrap', variable, 'status')
    expect(meanwhile).toMatchObject({
      running: [{ kind: 'publish', pid: holder.pid }],
      seeds: [{ state: 'behind', release: 1 }]
    })
    await holder.release()
  })

  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'is told from a data directory and a project that cannot be written',
    async () => {
      const bench = await new Workbench(SITE).hasPublished()
      for (const dir of [bench.project, bench.home, path.dirname(bench.state('x'))]) chmodSync(dir, 0o500)
      const { exitCode, stdout } = await bench.run('status')
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('Release 1, ')])
      for (const dir of [bench.project, bench.home, path.dirname(bench.state('x'))]) chmodSync(dir, 0o700)
    }
  )
})

describe('status --all', () => {
  test('lists the sites of this machine with their names, addresses, last releases and folders', async () => {
    const first = await new Workbench(SITE).hasPublished()
    await first.did('init', '--name', 'My blog', '--mirror', 'https://blog.example/')
    const second = await Object.assign(new Workbench(), { home: first.home }).hasKey()
    const { link } = second
    const moved = temporaryFolder()
    renameSync(second.project, path.join(moved, 'project'))
    const { exitCode, stdout } = await first.with(NOBODY, 'status', '--all')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^My blog {2}release 1, \d{4}-/)
    expect(stdout).toContain(
      `\n  https://blog.example/\n  ${first.link}\n  ${first.project}\n  no backup of its key\n`
    )
    expect(stdout).toContain(`(no name)  nothing published\n  ${link}\n  ${second.project}  (gone)\n`)

    writeFileSync(path.join(first.project, 'sitedrive.json'), '{')
    const { value } = await first.json('status', '--all')
    expect(value['sites']).toMatchObject([
      { name: null, release: 1, folders: [{ state: 'other' }] },
      { link, folders: [{ dir: second.project, state: 'gone' }], backup: { state: 'none' } }
    ])
    const nowhere = await new Workbench().run('status', '--all')
    expect([nowhere.exitCode, nowhere.stdout]).toEqual([0, ''])
  })
})

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sitesIn, until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { lastLine, Workbench } from './support/workbench.js'

const SITE = { 'dist/index.html': 'Hello', 'dist/about.html': 'About' }

function withKey(files: Record<string, string> = {}): Promise<Workbench> {
  return new Workbench(files).hasKey()
}

async function wordsOf(bench: Workbench): Promise<string[]> {
  return (await bench.json('key', 'backup')).value['words'] as string[]
}

/** `key restore` with this on stdin. */
function restore(bench: Workbench, stdin: string, ...words: string[]) {
  return bench.start(['key', 'restore', ...words], { stdin }).ended
}

describe('key show', () => {
  test('shows the public keys and whether the secret ever left this machine', async () => {
    const bench = await withKey()
    const { exitCode, value } = await bench.json('key', 'show')
    expect(exitCode).toBe(0)
    expect(value).toEqual({
      key: bench.key,
      publisherKey: expect.stringMatching(/^[a-z0-9]{52}$/),
      exclusive: true
    })
    const text = await bench.did('key', 'show')
    expect(text).toContain(String(value['publisherKey']))
    expect(text).toContain('never left this machine')
    expect(lastLine(text)).toBe(bench.link)
    expect(bench.head().exclusive).toBe(true)
  })

  test(
    '--secret also shows the secret, and the key counts as exported from then on',
    { tags: 'long' },
    async () => {
      const bench = await withKey()
      const { value } = await bench.json('key', 'show', '--secret')
      const secret = readFileSync(bench.state('secret'), 'utf8').trim()
      expect(Object.keys(value)).toEqual(['key', 'publisherKey', 'exclusive', 'secret'])
      expect(value).toMatchObject({ key: bench.key, exclusive: false, secret })
      expect(bench.head().exclusive).toBe(false)
      expect((await bench.json('key', 'show')).value['exclusive']).toBe(false)
      expect(await bench.did('key', 'show', '--secret')).toContain(`\nSITEDRIVE_SECRET=${secret}\n`)
    }
  )

  test('--secret shows nothing before the mark is on the disk, and waits for a publish that would undo it', async () => {
    const bench = await withKey()
    const holder = await bench.holdLock()
    const shown = bench.start(['key', 'show', '--secret'])
    await until(() => shown.stderr().includes('Waiting for it'), { describe: shown.stderr })
    expect(shown.stderr()).toContain(`process ${holder.pid}`)
    expect([shown.stdout(), bench.head().exclusive]).toEqual(['', true])
    await holder.release()
    expect((await shown.ended).stdout).toContain('SITEDRIVE_SECRET=')
    expect(bench.head().exclusive).toBe(false)
  })

  test('fails without a key and without its secret', async () => {
    const bench = new Workbench()
    expect((await bench.json('key', 'show')).value.error?.code).toBe('NO_PROJECT')
    await bench.hasKey()
    for (const words of [['show'], ['show', '--secret'], ['backup']]) {
      const { exitCode, value } = await bench.elsewhere().json('key', ...words)
      expect([exitCode, value.error?.code]).toEqual([1, 'NO_SECRET'])
    }
  })
})

describe('key backup', () => {
  test('prints 24 numbered words on stdout, says on stderr what they are, and marks the key as exported', async () => {
    const bench = await withKey()
    const { exitCode, stdout, stderr } = await bench.run('key', 'backup')
    expect(exitCode).toBe(0)
    const numbered = [...stdout.matchAll(/(\d+) ([a-z]+)/g)]
    expect(numbered.map(([, number]) => Number(number))).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
    expect(numbered.map(([, , word]) => word)).toEqual(await wordsOf(bench))
    expect(stderr).toContain(bench.link)
    expect(stderr).toContain('`npx sitedrive key restore`')
    expect(bench.head().exclusive).toBe(false)
  })

  test('with --json is one object', { tags: 'long' }, async () => {
    const bench = await withKey()
    const { value, stderr } = await bench.json('key', 'backup')
    expect(Object.keys(value)).toEqual(['key', 'words'])
    expect(stderr).toBe('')
  })
})

describe('key restore', () => {
  test('takes in what key backup printed, and binds the folder that carries the key', async () => {
    const bench = await withKey()
    const { stdout } = await bench.run('key', 'backup')
    const other = bench.elsewhere()
    const { exitCode, stdout: said } = await restore(other, stdout)
    expect(exitCode).toBe(0)
    expect(said).toContain(
      'The key is restored on this machine.\nThis folder publishes to the site from now on.\n'
    )
    expect(lastLine(said)).toBe(bench.link)
    expect(readFileSync(other.state('secret'), 'utf8')).toBe(readFileSync(bench.state('secret'), 'utf8'))
    expect(statSync(other.state('secret')).mode & 0o777).toBe(0o600)
    expect(existsSync(other.state('head.json'))).toBe(false)
    expect((await other.json('key', 'show')).value['exclusive']).toBe(false)
  })

  test(
    'takes the 64 hex digits too, writes the sitedrive.json of a folder without one, and prints JSON',
    { tags: 'long' },
    async () => {
      const bench = await withKey()
      const secret = (await bench.json('key', 'show', '--secret')).value['secret'] as string
      const other = new Workbench()
      const { exitCode, stdout } = await restore(other, `${secret}\n`, '--json')
      expect(exitCode).toBe(0)
      expect(JSON.parse(stdout)).toEqual({ key: bench.key, link: bench.link, wasHere: false, bound: true })
      expect(JSON.parse(other.projectFile())).toEqual({ key: bench.key, seeds: [] })
    }
  )

  test(
    'leaves a folder that carries another key as it is, and keeps the secret',
    { tags: 'long' },
    async () => {
      const bench = await withKey()
      const words = await wordsOf(bench)
      const other = await withKey()
      const text = other.projectFile()
      const { exitCode, stderr } = await restore(other, words.join('\n'))
      expect(exitCode).toBe(0)
      expect(stderr).toMatch(/^Warning: .* carries another key/)
      expect(other.projectFile()).toBe(text)
      expect(sitesIn(other.home).toSorted()).toEqual([bench.key, other.key].toSorted())
    }
  )

  test(
    'on the machine that made the key changes nothing but that the key counts as known elsewhere',
    { tags: 'long' },
    async () => {
      const bench = await withKey(SITE)
      await bench.hasPublished()
      const secret = readFileSync(bench.state('secret'), 'utf8')
      const { exitCode, stdout } = await restore(bench, secret)
      expect(exitCode).toBe(0)
      expect(stdout).toContain('This machine held that key already.')
      expect(bench.head().exclusive).toBe(false)
      bench.write({ 'dist/index.html': 'Changed' })
      expect(await bench.did('publish', 'dist')).toContain('Release 2')
    }
  )

  test('mends a damaged secret', { tags: 'long' }, async () => {
    const bench = await withKey()
    const words = await wordsOf(bench)
    const secret = readFileSync(bench.state('secret'), 'utf8')
    writeFileSync(bench.state('secret'), 'damaged')
    expect((await bench.json('key', 'show')).value.error?.code).toBe('BAD_SECRET')
    expect((await restore(bench, words.join(' '))).exitCode).toBe(0)
    expect(readFileSync(bench.state('secret'), 'utf8')).toBe(secret)
  })

  test(
    'names a wrong word, tells swapped ones from it, and counts them; nothing is written',
    { tags: 'long' },
    async () => {
      const bench = await withKey()
      const words = await wordsOf(bench)
      const at = words.findIndex((word, i) => i > 0 && word !== words[i - 1]) // two neighbours that differ
      const swapped = words.with(at, words[at - 1] ?? '').with(at - 1, words[at] ?? '')
      const other = new Workbench()
      const rows: [string, RegExp][] = [
        [words.with(4, 'hyperdrive').join(' '), /Word 5, `hyperdrive`, is not one of the 2,048 words/],
        [swapped.join(' '), /fail their checksum: a word is wrong or two are swapped/],
        [words.slice(1).join(' '), /has 24 words, this has 23/],
        ['abcdef0123456789', /is 24 words or 64 hex digits; this is neither/],
        [bench.link, /is an address or a key, which everybody may know/],
        ['', /No secret was given/]
      ]
      const ended = await Promise.all(rows.map(([stdin]) => restore(other, stdin, '--json')))
      for (const [i, { exitCode, stdout }] of ended.entries()) {
        const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
        expect([exitCode, error.code]).toEqual([1, 'BAD_SECRET'])
        expect(error.message).toMatch(rows[i]?.[1] ?? /never/)
      }
      expect(existsSync(other.home)).toBe(false)
      expect(existsSync(path.join(other.project, 'sitedrive.json'))).toBe(false)
    }
  )

  test(
    'leaves it to --accept-loss to publish over releases that are not here',
    { tags: 'long' },
    async () => {
      const bench = await withKey(SITE)
      await bench.hasPublished()
      const words = await wordsOf(bench)
      const other = bench.elsewhere()
      expect((await restore(other, words.join(' '))).stdout).toContain(
        'Next: `npx sitedrive publish --sync`, or a build, fetches its releases from the seeds.'
      )
      const refused = await other.json('publish', 'dist')
      expect([refused.exitCode, refused.value.error?.code]).toEqual([1, 'STORE_BEHIND'])
      expect(refused.value.error?.message).toContain('--accept-loss')
      const log = (await other.json('log')).value.error
      expect([log?.code, log?.message]).toEqual([
        'STORE_EMPTY',
        expect.stringMatching(/ yet, though its key\. `npx sitedrive publish --sync`/)
      ])

      const accepted = await other.json('publish', 'dist', '--accept-loss')
      expect(accepted.exitCode).toBe(0)
      expect(accepted.value).toMatchObject({ key: bench.key, release: 1, added: 2 })
      expect(accepted.value['fork']).toBeGreaterThan(0)
      other.write({ 'dist/index.html': 'Changed' })
      expect(await other.did('publish', 'dist')).toContain('Release 2: 1 ')
    }
  )
})

describe('key list', () => {
  test('names the keys of this machine, their folders and last releases', { tags: 'long' }, async () => {
    const bench = new Workbench(SITE)
    const none = await bench.run('key', 'list')
    expect([none.exitCode, none.stdout]).toEqual([0, ''])
    expect(none.stderr).toContain('holds no keys')

    await bench.hasPublished()
    const second = Object.assign(new Workbench(), { home: bench.home })
    await second.hasKey()
    const { value } = await bench.json('key', 'list')
    expect(value['keys']).toHaveLength(2)
    expect(value['keys']).toEqual(
      expect.arrayContaining([
        { key: bench.key, folders: [bench.project], release: 1 },
        { key: second.key, folders: [second.project], release: 0 }
      ])
    )
    const { link } = second
    rmSync(second.project, { recursive: true })
    const text = await bench.did('key', 'list')
    expect(text).toContain(`${bench.link}  release 1\n  ${bench.project}\n`)
    expect(text).toContain(`${link}  nothing published\n  ${second.project}  (gone)\n`)
  })
})

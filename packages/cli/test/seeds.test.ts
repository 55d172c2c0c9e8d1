import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { STRANGER, Workbench } from './support/workbench.js'

const HEX = 'aa'.repeat(32) // STRANGER in another spelling
const OTHER = STRANGER.replaceAll('ik', 'yb').replace(/.$/, 'y')

function project(bench: Workbench): Record<string, unknown> {
  return JSON.parse(bench.projectFile()) as Record<string, unknown>
}

describe('seeds', () => {
  test('are added once in any spelling, listed with the web address that they told, and removed', async () => {
    const bench = await new Workbench().hasKey()
    await bench.did('init', '--name', 'Blog')
    const added = await bench.json('seeds', 'add', HEX, STRANGER, OTHER.toUpperCase())
    expect([added.exitCode, added.value]).toEqual([
      0,
      {
        key: bench.key,
        confirm: 1,
        seeds: [
          { key: STRANGER, mirror: null },
          { key: OTHER, mirror: null }
        ],
        added: [STRANGER, OTHER]
      }
    ])
    expect(project(bench)).toEqual({ key: bench.key, name: 'Blog', seeds: [STRANGER, OTHER] })
    expect((await bench.run('seeds', 'add', STRANGER)).stdout).toBe(
      'No change: this site has that seed already.\n'
    )

    writeFileSync(bench.state('web-addresses.json'), JSON.stringify({ [OTHER]: 'https://blog.example/' }))
    const listed = await bench.run('seeds', 'list')
    expect(listed.stdout).toBe(`${STRANGER}\n${OTHER}\n  https://blog.example/\n`)
    expect(listed.stderr).toContain('2 seeds; a publish counts when 1 of them holds the release.')

    const removed = await bench.json('seeds', 'remove', HEX)
    expect(removed.value).toMatchObject({ seeds: [{ key: OTHER, mirror: 'https://blog.example/' }] })
    expect(project(bench)).toEqual({ key: bench.key, name: 'Blog', seeds: [OTHER] })
  })

  test('that are added come with what the operator and the author do next', async () => {
    const bench = await new Workbench({ 'dist/index.html': 'One' }).hasPublished()
    const { publisherKey } = (await bench.json('key', 'show')).value
    const said = await bench.did('seeds', 'add', STRANGER)
    expect(said).toContain(`npx sitedrive peer --trust ${String(publisherKey)}`)
    expect(said).toContain('Next: `npx sitedrive publish --sync` hands release 1 to it.')
  })

  test('that are not pinned are not removed, and those that are there are named; nothing is written', async () => {
    const bench = await new Workbench().hasKey()
    const none = await bench.json('seeds', 'remove', STRANGER)
    expect([none.exitCode, none.value.error?.code]).toEqual([2, 'BAD_OPTION'])
    expect(none.value.error?.message).toContain('This site has no seeds.')
    await bench.did('seeds', 'add', OTHER)
    const text = bench.projectFile()
    const other = await bench.json('seeds', 'remove', OTHER, STRANGER)
    expect(other.value.error?.message).toContain(`Its seeds are \`${OTHER}\`.`)
    expect(bench.projectFile()).toBe(text)
  })

  test('that are removed lower `confirm`, so that the file stays usable', async () => {
    const bench = await new Workbench().hasKey()
    const text = JSON.stringify({ key: bench.key, seeds: [STRANGER, OTHER], confirm: 2 })
    bench.write({ 'sitedrive.json': text })
    expect((await bench.run('seeds', 'remove', OTHER)).stdout).toContain('`confirm` is 1 now.')
    expect(project(bench)).toEqual({ key: bench.key, seeds: [STRANGER], confirm: 1 })
    expect((await bench.run('seeds', 'remove', STRANGER)).stdout).toContain('Removed the last seed')
    expect(project(bench)).toEqual({ key: bench.key, seeds: [] })
    expect((await bench.run('seeds', 'list')).exitCode).toBe(0)
  })

  test('can be edited where the secret is not; what belongs to a site, and a folder without a project, are refused', async () => {
    const bench = await new Workbench().hasKey()
    const shown = (await bench.json('key', 'show', '--secret')).value
    const { secret, publisherKey } = shown as { secret: string; publisherKey: string }
    const other = Object.assign(new Workbench(), { home: bench.home }) // another site of this machine
    await other.hasKey()
    const codes = [bench.key, secret, publisherKey, other.key, bench.link, 'nonsense'].map(async (seed) => {
      const { exitCode, value } = await bench.json('seeds', 'add', seed)
      return [exitCode, value.error?.code]
    })
    expect(await Promise.all(codes)).toEqual([
      [2, 'BAD_OPTION'],
      [2, 'BAD_OPTION'],
      [2, 'BAD_OPTION'],
      [2, 'BAD_OPTION'],
      [1, 'BAD_KEY'],
      [1, 'BAD_KEY']
    ])
    const elsewhere = bench.elsewhere()
    expect((await elsewhere.run('seeds', 'add', STRANGER)).stdout).toContain(
      '`npx sitedrive key show`, where the secret is, prints the key'
    )
    expect(project(bench)).toMatchObject({ seeds: [STRANGER] })

    const empty = new Workbench()
    expect((await empty.json('seeds', 'add', STRANGER)).value.error?.code).toBe('NO_PROJECT')
    expect(existsSync(path.join(empty.project, 'sitedrive.json'))).toBe(false)
  })
})

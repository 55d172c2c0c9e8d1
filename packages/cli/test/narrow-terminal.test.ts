import { runCommandLine } from '@sitedrive/terminal'
import { cleanEnvironment } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { sitedrive } from '../src/sitedrive-program.js'
import { Workbench } from './support/workbench.js'

/** Runs a command with its results on a terminal of this width. */
async function shownAt(columns: number, bench: Workbench, ...words: string[]): Promise<string> {
  let shown = ''
  const stdout = {
    isTTY: true,
    columns,
    write: (text: string | Uint8Array) => Boolean((shown += String(text)))
  }
  const stderr = { write: () => true }
  const env = cleanEnvironment({ SITEDRIVE_HOME: bench.home })
  expect(await runCommandLine(sitedrive, words, env, { cwd: bench.project, stdout, stderr })).toBe(0)
  return shown
}

describe('on a terminal of 40 columns', () => {
  test('a backup has no word that a line break cuts', async () => {
    const bench = await new Workbench().hasKey()
    const narrow = await shownAt(40, bench, 'key', 'backup')
    expect(narrow.split('\n').filter((line) => line.length > 40)).toEqual([])
    const wide = await shownAt(80, bench, 'key', 'backup')
    expect(narrow.match(/\d+ [a-z]+/g)).toHaveLength(24)
    expect(narrow.match(/\d+ [a-z]+/g)).toEqual(wide.match(/\d+ [a-z]+/g))
  })

  test('nothing is cut away: what the terminal wraps is all there', async () => {
    const bench = await new Workbench({ 'dist/index.html': '<title>A page</title>One' }).hasPublished()
    for (const words of [
      ['log'],
      ['status'],
      ['status', '--all'],
      ['key', 'show'],
      ['seeds', 'list'],
      ['verify']
    ])
      expect(await shownAt(40, bench, ...words)).toBe(await shownAt(200, bench, ...words))
    expect(await shownAt(40, bench, 'log')).toContain(`\n${bench.link}\n`)
  })
})

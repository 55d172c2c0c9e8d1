import { chmodSync } from 'node:fs'
import path from 'node:path'
import { temporaryFolder, writeFiles } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { findJekyll } from '../src/find-jekyll.js'

/** A folder for PATH with programs of these names. */
function programs(...names: string[]): { PATH: string } {
  const dir = temporaryFolder()
  for (const name of names) {
    writeFiles(dir, { [name]: '#!/bin/sh\n' })
    chmodSync(path.join(dir, name), 0o755)
  }
  return { PATH: dir }
}

function project(files: Record<string, string> = {}): string {
  const dir = temporaryFolder()
  writeFiles(dir, files)
  return dir
}

const WITH_BUNDLE = ['bundle', 'exec', 'jekyll']

describe('which Jekyll is run', () => {
  test.each([
    ["gem 'jekyll'\n", WITH_BUNDLE],
    ['  gem "jekyll", "~> 4.3"\n', WITH_BUNDLE],
    ["gem('github-pages', group: :jekyll_plugins)\n", WITH_BUNDLE],
    ["# gem 'jekyll'\ngem 'rake'\n", ['jekyll']],
    ["gem 'jekyll-feed'\n", ['jekyll']]
  ])('with the Gemfile %j', (Gemfile, words) => {
    expect(findJekyll(project({ Gemfile }), programs('ruby', 'bundle', 'jekyll'), undefined).words).toEqual(
      words
    )
  })

  test('with a Gemfile whose lock has it, such as one of a theme', () => {
    const dir = project({ Gemfile: 'gemspec\n', 'Gemfile.lock': 'GEM\n  specs:\n    jekyll (4.3.1)\n' })
    expect(findJekyll(dir, programs('ruby', 'bundle'), undefined).words).toEqual(WITH_BUNDLE)
  })

  test('with a Gemfile elsewhere', () => {
    const dir = project({ 'gems/Gemfile': "gem 'jekyll'\n" })
    const env = { ...programs('ruby', 'bundle', 'jekyll'), BUNDLE_GEMFILE: 'gems/Gemfile' }
    expect(findJekyll(dir, env, undefined).words).toEqual(WITH_BUNDLE)
  })

  test.each([
    ['linux', [], {}, /^There is no `jekyll` on this machine\. Install/],
    ['darwin', [], {}, /brew install ruby && gem install jekyll/],
    ['win32', [], {}, /rubyinstaller\.org/],
    ['linux', ['ruby'], {}, /`gem install jekyll`/],
    ['linux', ['ruby'], { Gemfile: "gem 'jekyll'" }, /There is no `bundle`.*gem install bundler/],
    ['linux', [], { Gemfile: "gem 'jekyll'" }, /There is no `ruby`/]
  ] as const)(
    'on %s with %j and %j none is found, and the remedy is said',
    (platform, names, files, message) => {
      expect(() => findJekyll(project(files), programs(...names), undefined, platform)).toThrow(message)
    }
  )
})

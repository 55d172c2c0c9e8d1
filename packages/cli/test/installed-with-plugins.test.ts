import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment } from '@sitedrive/testing'
import { expect, test } from 'vitest'

interface Manifest {
  version: string
  bin: Record<string, string>
  files: string[]
  dependencies: Record<string, string>
}

const PACKAGES = path.join(import.meta.dirname, '..', '..')

// `npx` runs the commands of what is installed, and asks the registry for others by their name.
test.each(['eleventy-plugin', 'vite-plugin', 'jekyll-bridge'])(
  'who installs %s has the command `sitedrive`',
  (name) => {
    const dir = path.join(PACKAGES, name)
    const { version, bin, files, dependencies } = JSON.parse(
      readFileSync(path.join(dir, 'package.json'), 'utf8')
    ) as Manifest
    expect(dependencies).toHaveProperty('sitedrive')
    expect(files).toContain(path.dirname(bin['sitedrive'] ?? ''))
    const command = path.join(dir, bin['sitedrive'] ?? '')
    expect(execFileSync(command, ['--version'], { encoding: 'utf8', env: cleanEnvironment({}) })).toBe(
      `${version}\n`
    )
  }
)

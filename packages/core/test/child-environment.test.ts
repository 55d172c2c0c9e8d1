import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { childEnvironment, takeEnvironment } from '../src/machine/child-environment.js'

const SECRET = 'ab'.repeat(32)
const WORDS = Array.from({ length: 24 }, (_, n) => `word${n}`).join(' ')

describe('the environment of a process that sitedrive starts', () => {
  test('is ours without the secret, and says who keeps it', () => {
    const env = { PATH: '/bin', SITEDRIVE_HOME: '/h', SITEDRIVE_SECRET: SECRET }
    expect(childEnvironment(env, 'sitedrive run')).toEqual({
      PATH: '/bin',
      SITEDRIVE_HOME: '/h',
      SITEDRIVE_SECRET_KEPT_BY: 'sitedrive run'
    })
    expect(env.SITEDRIVE_SECRET).toBe(SECRET)
  })

  test('is ours as it is where there is none', () => {
    expect(childEnvironment({ PATH: '/bin', SITEDRIVE_SECRET: '' })).toEqual({ PATH: '/bin' })
    const below = { SITEDRIVE_SECRET_KEPT_BY: 'sitedrive run' }
    expect(childEnvironment(below)).toEqual(below)
  })

  test.each([SECRET, ` ${SECRET}\n`, WORDS])('has the value under no other name either: %j', (secret) => {
    const env = {
      SITEDRIVE_SECRET: secret,
      CI_SECRET: secret.trim(),
      ALL: `x=${secret.trim()};`,
      sitedrive_secret: 'old',
      A: 'a'
    }
    expect(Object.keys(childEnvironment(env))).toEqual(['A', 'SITEDRIVE_SECRET_KEPT_BY'])
  })

  test('keeps what happens to have a few letters of a wrong secret', () => {
    expect(childEnvironment({ SITEDRIVE_SECRET: 'a', PATH: '/a' })).toMatchObject({ PATH: '/a' })
  })

  test('is what a library of a program of ours hands on, while the program has all of it', () => {
    const env: NodeJS.ProcessEnv = { SITEDRIVE_SECRET: SECRET, CI_SECRET: SECRET, A: 'a' }
    expect(takeEnvironment(env)).toEqual({ SITEDRIVE_SECRET: SECRET, CI_SECRET: SECRET, A: 'a' })
    expect(env).toEqual({ A: 'a' })
    const script = `
      import { takeEnvironment } from ${JSON.stringify(new URL('../bundle/start-entry.js', import.meta.url).href)}
      import { execFileSync } from 'node:child_process'
      const own = takeEnvironment()
      const below = execFileSync(process.execPath, ['-e', 'console.log("SITEDRIVE_SECRET" in process.env)'])
      console.log(own.SITEDRIVE_SECRET.length, String(below).trim())`
    const words = ['--input-type=module', '-e', script]
    const said = execFileSync(process.execPath, words, { env: { ...process.env, SITEDRIVE_SECRET: SECRET } })
    expect(String(said)).toBe('64 false\n')
  })

  test('is given by every call that starts a process, in every package', () => {
    const packages = path.join(import.meta.dirname, '../..')
    const files = readdirSync(packages)
      .filter((name) => name !== 'testing')
      .map((name) => path.join(packages, name, 'src'))
      .flatMap((src) =>
        readdirSync(src, { recursive: true, encoding: 'utf8' }).map((name) => path.join(src, name))
      )
      .filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !file.endsWith('.d.ts'))
    const starting = files.filter((file) =>
      /child_process|\bexeca\b|tinyexec/.test(readFileSync(file, 'utf8'))
    )
    expect(starting.length).toBeGreaterThanOrEqual(5)
    const careless = starting.flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      const calls = text.match(/(?<![.\w])(?:spawn|fork|exec|execFile)(?:Sync)?\(/g)?.length ?? 0
      const cleaned = text.match(/\benv: childEnvironment\(/g)?.length ?? 0
      return calls === cleaned ? [] : [path.relative(packages, file)]
    })
    expect(careless).toEqual([])
  })
})
